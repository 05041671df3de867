import { invalidToken } from './refusals.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'
import { shown } from './verified-token.ts'
import { isJwtShaped, type VerifyToken } from './verify-jwt.ts'

/**
 * Verifies a token by the one issuer it can come from: a JWT by the `iss` it claims, which must be in the list before
 * anything is fetched; an opaque token by its prefix, or by the one issuer without a prefix that is asked about tokens.
 * No issuer is ever shown a token of another.
 * @throws TypeError when more than one issuer could be asked about an opaque token, or an issuer is there twice
 */
export function verifyByIssuer<Claims>(issuers: readonly TrustedIssuer<Claims>[]): VerifyToken<Claims> {
  checkIssuers(issuers)
  const byName = new Map(issuers.map((one) => [one.issuer, one]))
  const asked = issuers.filter(({ verification }) => verification !== 'offline')
  const prefixed = asked.filter(({ opaquePrefix }) => opaquePrefix !== undefined)
  const others = asked.find(({ opaquePrefix }) => opaquePrefix === undefined)
  const expected = issuers.map(({ issuer }) => issuer).join(' ')

  return async (token) => {
    const byPrefix = prefixed.find(({ opaquePrefix = '' }) => token.startsWith(opaquePrefix))
    if (byPrefix !== undefined) return byPrefix.verify(token)
    if (isJwtShaped(token)) {
      const claimed = claimedIssuer(token)
      const issuer = claimed === undefined && issuers.length === 1 ? issuers[0] : byName.get(claimed ?? '')
      if (issuer === undefined) throw invalidToken('claim-iss', { expected, received: shown(claimed) })
      return issuer.verify(token)
    }
    if (others === undefined) throw invalidToken(asked.length === 0 ? 'jwt-malformed' : 'opaque-prefix')
    return others.verify(token)
  }
}

function checkIssuers<Claims>(issuers: readonly TrustedIssuer<Claims>[]): void {
  if (issuers.length === 0) throw new TypeError('protect: issuer is missing')
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length) {
    throw new TypeError('protect: an issuer is there twice')
  }
  const asked = issuers.filter(({ verification }) => verification !== 'offline')
  if (asked.filter(({ opaquePrefix }) => opaquePrefix === undefined).length > 1) {
    throw new TypeError('protect: several issuers are asked about tokens; give all but one of them an opaquePrefix')
  }
  for (const { issuer, verification, opaquePrefix } of issuers) {
    if (opaquePrefix === undefined) continue
    if (verification === 'offline') throw new TypeError(`protect: ${issuer} has an opaquePrefix and no introspection`)
    // Every JWT begins with `ey`, the beginning of a JSON object in base64url.
    if (!/^[A-Za-z0-9\-._~+/]+$/.test(opaquePrefix) || opaquePrefix.startsWith('ey') || opaquePrefix === 'e') {
      throw new TypeError(`protect: the opaquePrefix of ${issuer} cannot tell its tokens from JWTs`)
    }
    const rival = asked.find((one) => one.issuer !== issuer && one.opaquePrefix?.startsWith(opaquePrefix))
    if (rival !== undefined)
      throw new TypeError(`protect: tokens of ${rival.issuer} have the opaquePrefix of ${issuer}`)
  }
}

/** The `iss` that a JWT claims, unverified; undefined when it claims none that can be read. */
function claimedIssuer(token: string): string | undefined {
  try {
    const [, payload = ''] = token.split('.')
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
    const claims = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof claims?.iss === 'string' ? claims.iss : undefined
  } catch {
    return undefined
  }
}
