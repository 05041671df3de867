import type { IntrospectionResponse } from '@mintmark/protocol'
import type { SigningAlgorithm } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { Keyring } from '../keys/keyring.ts'
import { type Clock, epochSeconds } from '../lib/clock.ts'
import type { WorkspaceView } from '../registry/registry.ts'
import type { TokenFormats } from './formats.ts'
import type { ActiveToken } from './inspect.ts'
import { signJwt } from './jwt.ts'

/** Media type of RFC 9701 answers, without `application/`. */
const introspectionType = 'token-introspection+jwt'

/** Signs where neither the token nor the caller has an API to say how. */
export const defaultAlgorithm: SigningAlgorithm = 'ES256'

/** The answers of the introspection endpoint that are JWTs. */
export type WriteIntrospection = {
  /**
   * An introspection answer as a signed JWT (RFC 9701 §5), with the algorithm of the token's API. An inactive one is
   * signed as the caller's own first API says, so that it tells nothing of the token.
   */
  readonly signed: (
    view: WorkspaceView,
    caller: Client,
    seen: ActiveToken | undefined,
    answer: IntrospectionResponse,
  ) => Promise<string>
  /** The token itself as a JWT access token (RFC 9068): the same claims, so that it dies with the token it stands for. */
  readonly phantom: (view: WorkspaceView, text: string, seen: ActiveToken) => Promise<string>
}

export const createIntrospectionJwt = ({
  keyring,
  formats,
  issuers,
  clock,
}: {
  readonly keyring: Keyring
  readonly formats: TokenFormats
  readonly issuers: Issuers
  readonly clock: Clock
}): WriteIntrospection => ({
  signed: async ({ workspace, apis }, caller, seen, answer) => {
    const api = seen?.apis[0] ?? apis.find(({ id }) => caller.introspects.includes(id))
    const key = await keyring.signer(workspace.key, api?.algorithm ?? defaultAlgorithm)
    return signJwt(key, introspectionType, {
      iss: issuers.of(workspace.key),
      aud: caller.id,
      iat: epochSeconds(clock),
      token_introspection: answer,
    })
  },
  phantom: async ({ workspace }, text, { claims, apis }) => {
    const jwt = formats.named('jwt')
    if (jwt.recognises(text)) return text
    const encoder = await jwt.prepare(workspace.key, apis[0].algorithm)
    return encoder.encode(claims)
  },
})
