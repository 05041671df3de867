import { accessTokenPrefix, clientSecretPrefix, recognise } from '@mintmark/protocol'

type JsonObject = Readonly<Record<string, unknown>>

/** What can be said of a token by looking at it. The signature is not checked: that takes the issuer's keys. */
export type TokenExplanation =
  | {
      readonly format: 'jwt'
      readonly header: JsonObject
      readonly claims: JsonObject
      /** Everything that would make a verifier refuse it, and what is unusual. Empty: nothing was found. */
      readonly problems: readonly string[]
    }
  | { readonly format: 'opaque'; readonly checksum: 'right' | 'wrong'; readonly problems: readonly string[] }
  | { readonly format: 'unknown'; readonly problems: readonly string[] }

/** Times of a JWT are seconds (RFC 7519 §2). */
const timeClaims = ['exp', 'nbf', 'iat'] as const

/** Seconds by which two clocks may differ before a token counts as not yet valid. */
const leeway = 60

const readPart = (part: string): JsonObject | undefined => {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'))
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

const headerProblems = ({ alg, typ, kid, crit }: JsonObject): string[] => {
  const problems: string[] = []
  if (typeof alg !== 'string') problems.push('the header has no alg')
  else if (alg.toLowerCase() === 'none') problems.push('alg is none: it is not signed, and no verifier may accept it')
  else if (alg.startsWith('HS')) problems.push(`alg is ${alg}: whoever can verify it can also make one`)
  if (typeof typ !== 'string' || !/^(application\/)?at\+jwt$/i.test(typ)) {
    problems.push('typ is not at+jwt: it does not say that it is an access token (RFC 9068 §2.1)')
  }
  if (typeof kid !== 'string') problems.push('the header has no kid: a verifier cannot tell which key signed it')
  if (crit !== undefined) problems.push('the header has crit: a verifier that does not know what it names refuses it')
  return problems
}

const timeProblems = (claims: JsonObject, now: number): string[] => {
  const problems: string[] = []
  for (const name of timeClaims) {
    const value = claims[name]
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value))) {
      problems.push(`${name} is not a number of seconds`)
    }
  }
  const { exp, nbf, iat } = claims
  const seconds = now / 1000
  if (typeof exp === 'number' && exp <= seconds) problems.push('it has expired')
  if (typeof exp === 'number' && exp > 1e11) problems.push('exp looks like milliseconds; it must be seconds')
  if (typeof nbf === 'number' && nbf > seconds + leeway) problems.push('it is not valid yet (nbf)')
  if (typeof iat === 'number' && iat > seconds + leeway) problems.push('it was issued in the future: a clock is wrong')
  return problems
}

/** RFC 9068 §2.2: what an access token must carry. */
const requiredClaims = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'] as const

const explainJwt = (parts: readonly string[], now: number): TokenExplanation => {
  const [first = '', second = '', signature = ''] = parts
  const [header, claims] = [readPart(first), readPart(second)]
  if (header === undefined) return unknown('its first part is not base64url of a JSON object')
  if (claims === undefined) return unknown('its second part is not base64url of a JSON object')
  const missing = requiredClaims.filter((name) => claims[name] === undefined)
  return {
    format: 'jwt',
    header,
    claims,
    problems: [
      ...headerProblems(header),
      ...(signature === '' ? ['it has no signature'] : []),
      ...(/^[A-Za-z0-9_-]*$/.test(signature) ? [] : ['its signature is not base64url']),
      ...missing.map((name) => `${name} is missing (RFC 9068 §2.2)`),
      ...timeProblems(claims, now),
    ],
  }
}

const unknown = (problem: string): TokenExplanation => ({ format: 'unknown', problems: [problem] })

/** The token in a text that was pasted: white space around it, and the word Bearer before it, are not part of it. */
export const tokenIn = (text: string): string => text.trim().replace(/^Bearer +/i, '')

/**
 * Explains a token without asking anybody.
 * @param now epoch milliseconds
 */
export const explainToken = (token: string, now: number): TokenExplanation => {
  if (token === '') return unknown('it is empty')
  if (token.startsWith(clientSecretPrefix)) return unknown('this is a client secret, not a token: keep it to yourself')
  if (token.startsWith(accessTokenPrefix)) {
    const whole = recognise(token) === 'access_token'
    return {
      format: 'opaque',
      checksum: whole ? 'right' : 'wrong',
      problems: whole ? [] : ['its checksum is wrong: it was cut off or mistyped'],
    }
  }
  if (/\s/.test(token)) return unknown('it has white space inside: a token never does')
  const parts = token.split('.')
  if (parts.length === 3) return explainJwt(parts, now)
  if (parts.length === 5) return unknown('it has five parts: an encrypted JWT, which only its audience can read')
  return unknown('it is neither a JWT nor a token of Mintmark')
}
