import type { AccessTokenClaims } from '../domain/access-token.ts'
import type { SigningAlgorithm, TokenFormatName } from '../domain/api.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'

/** What was found in a token that is authentic: made by this workspace and unaltered. Nothing else is checked yet. */
export type AuthenticToken = {
  readonly claims: AccessTokenClaims
  /** The key that signed or sealed it. */
  readonly kid: string
  readonly format: TokenFormatName
}

/** One way to write an access token. Formats carry claims and never save or decide. */
export type TokenFormat = {
  readonly name: TokenFormatName
  /** The key it will be made with and the function that makes it; the key is known before the token is. */
  readonly prepare: (workspace: WorkspaceKey, algorithm: SigningAlgorithm) => Promise<TokenEncoder> | TokenEncoder
  /** Whether a text looks like this format; cheap, decides nothing. */
  readonly recognises: (token: string) => boolean
  /** The claims of a token of this workspace, or undefined when it is not authentic. */
  readonly read: (workspace: WorkspaceKey, token: string) => Promise<AuthenticToken | undefined>
}

export type TokenEncoder = {
  readonly kid: string
  readonly encode: (claims: AccessTokenClaims) => Promise<string> | string
}
