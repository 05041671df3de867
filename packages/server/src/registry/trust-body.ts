import type { TrustInput } from '@mintmark/protocol/admin'
import { clientKeyAlgorithms } from '../domain/credential.ts'
import type { Trust, TrustKeySource } from '../domain/trust.ts'
import { ChangeRefused } from './change-refused.ts'
import { readIssuerKey, readKeySet } from './issuer-key.ts'
import { type Body, rule } from './kinds/kind.ts'
import { readAuthorities } from './spiffe-bundle.ts'

/** What the store keeps of a trust, as JSON; an absent member has its default. */
export type TrustBody = Partial<Omit<Trust, 'id' | 'issuer' | 'keys'>> & Pick<Trust, 'issuer' | 'keys'>

/** Seconds a token of a platform may live at the most, where a trust says nothing. */
const defaultMaximumLifetime = 86_400

export const readTrustBody = (id: string, body: string): Trust => {
  const stored = JSON.parse(body) as TrustBody
  return {
    id,
    displayName: stored.displayName ?? '',
    enabled: stored.enabled ?? true,
    issuer: stored.issuer,
    keys: stored.keys,
    audiences: stored.audiences ?? [],
    algorithms: stored.algorithms ?? clientKeyAlgorithms,
    maximumLifetime: stored.maximumLifetime ?? defaultMaximumLifetime,
    singleUse: stored.singleUse ?? false,
    boundLifetime: stored.boundLifetime ?? false,
  }
}

const wrong = (message: string, path = '/keys'): ChangeRefused => new ChangeRefused([rule(message, path)])

/** Whether a text is an https URL without user, password or fragment. */
export const isHttps = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === ''
}

/** The source of keys, uploaded ones read and found good. @throws ChangeRefused */
const keySource = (input: TrustInput['keys']): TrustKeySource => {
  if (input.type === 'jwks-uri') {
    if (!isHttps(input.uri)) throw wrong('the URI of keys is https, without user, password or fragment', '/keys/uri')
    return { type: 'jwks-uri', uri: input.uri }
  }
  if (input.type === 'discovery') return { type: 'discovery' }
  try {
    const keys = readKeySet(input.jwks, readIssuerKey)
    const authorities = readAuthorities(input.jwks).map(({ der }) => Buffer.from(der).toString('base64'))
    const names = keys.map(({ algorithm, kid }) => `${algorithm} ${kid}`)
    if (keys.length === 0 && authorities.length === 0) throw new Error('none of its keys is of use')
    if (new Set(names).size < names.length) throw new Error('two of its keys have the same kid')
    return { type: 'jwks', keys: [...keys], ...(authorities.length === 0 ? {} : { authorities }) }
  } catch (error) {
    throw wrong(
      `the key set cannot be taken: ${error instanceof Error ? error.message : 'it is malformed'}`,
      '/keys/jwks',
    )
  }
}

/** The body of a trust, or a patch of one, from what was given. @throws ChangeRefused */
export const trustBody = <G extends { readonly keys?: TrustInput['keys'] }>(given: G): Body => {
  const { keys, ...rest } = given
  return { ...rest, ...(keys === undefined ? {} : { keys: keySource(keys) }) }
}
