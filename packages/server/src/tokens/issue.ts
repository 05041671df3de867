import { formatScope } from '@mintmark/protocol'
import type { RecordEvent } from '../audit/record.ts'
import { type AccessTokenClaims, tokenTypeOf } from '../domain/access-token.ts'
import type { Authorization } from '../domain/authorization.ts'
import type { Issuers } from '../domain/issuer.ts'
import { type Clock, epochSeconds } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { TokenFormats } from './formats.ts'

export type IssuedToken = {
  readonly token: string
  /** As its client presents it (RFC 6749 §7.1). */
  readonly type: 'Bearer' | 'DPoP'
  /** Seconds. */
  readonly lifetime: number
  readonly scope: readonly string[]
}

/** Where a token came from, for its audit event. */
export type Origin = { readonly grant: string; readonly address: string }

export type IssueToken = (authorization: Authorization, origin: Origin) => Promise<IssuedToken>

const jtiRandomLength = 16

/**
 * The only maker of access tokens, for all grants and formats. The token is signed while its audit event is on its way to
 * the disk, and leaves only when both are done.
 */
export const createIssuer =
  ({
    formats,
    issuers,
    record,
    countToken,
    clock,
    random,
  }: {
    readonly formats: TokenFormats
    readonly issuers: Issuers
    readonly record: RecordEvent
    readonly countToken: (grant: string, format: string) => void
    readonly clock: Clock
    readonly random: Random
  }): IssueToken =>
  async ({ workspace, client, credentialId, apis, scope, lifetime, confirmation }, { grant, address }) => {
    const [first] = apis
    const preparing = formats.named(first.tokenFormat).prepare(workspace.key, first.algorithm)
    const encoder = preparing instanceof Promise ? await preparing : preparing
    const iat = epochSeconds(clock)
    const granted = formatScope(scope)
    const claims: AccessTokenClaims = {
      iss: issuers.of(workspace.key),
      aud: apis.length === 1 ? first.audience : apis.map(({ audience }) => audience),
      sub: client.id,
      client_id: client.id,
      iat,
      exp: iat + lifetime,
      jti: `${credentialId}.${Buffer.from(random.bytes(jtiRandomLength).buffer).toString('base64url')}`,
      ...(granted === '' ? {} : { scope: granted }),
      ...(confirmation === undefined ? {} : { cnf: confirmation }),
    }
    // The signature starts first: if it cannot be made at all, no event says that a token was issued.
    const encoding = encoder.encode(claims)
    const recording = record({
      type: 'token.issued',
      workspace: workspace.key,
      client: client.id,
      credential: credentialId,
      api: apis.length === 1 ? first.id : apis.map(({ id }) => id).join(' '),
      scope: granted,
      jti: claims.jti,
      kid: encoder.kid,
      expires: claims.exp,
      grant,
      address,
      ...(confirmation === undefined ? {} : { confirmation }),
    })
    const [token] = await Promise.all([encoding, recording])
    countToken(grant, first.tokenFormat)
    return { token, type: tokenTypeOf(confirmation), lifetime, scope }
  }
