import type { IssuerKey } from '../domain/trust.ts'
import { readClientKey } from './client-key.ts'

/**
 * Reads a key of an issuer of platform tokens. Several publish RSA keys without `alg` and sign with RS256, and SPIFFE has
 * words of its own for what a key is for (SPIFFE Bundle §4.2.2).
 * @returns a sentence that says what is wrong with it, under `wrong`
 */
export const readIssuerKey = (input: Readonly<Record<string, unknown>>): IssuerKey | { readonly wrong: string } => {
  const { alg = input.kty === 'RSA' ? 'RS256' : undefined, use } = input
  const { alg: _alg, use: _use, ...rest } = input
  return readClientKey({
    ...rest,
    ...(alg === undefined ? {} : { alg }),
    ...(use === undefined ? {} : { use: use === 'jwt-svid' ? 'sig' : use }),
  })
}

/** Keys in one set: more is a mistake, or an attempt to keep us busy. */
const maximumKeys = 50

/**
 * The keys of a set that are of use; a set may hold others, which are not ours to judge.
 * @throws Error when it is no set, or holds what must never be published
 */
export const readKeySet = (
  json: unknown,
  readKey: (input: Readonly<Record<string, unknown>>) => IssuerKey | { readonly wrong: string },
): readonly IssuerKey[] => {
  const keys = (json as { readonly keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('it is not a JSON Web Key Set')
  if (keys.length > maximumKeys) throw new Error(`it has more than ${maximumKeys} keys`)
  return keys.flatMap((one: unknown): IssuerKey[] => {
    if (typeof one !== 'object' || one === null) throw new Error('a member of keys is not an object')
    const input = one as Readonly<Record<string, unknown>>
    if ('d' in input || 'k' in input) throw new Error('it holds a private key or a secret')
    const key = readKey(input)
    return 'wrong' in key ? [] : [key]
  })
}

/** Keys as a key set again (RFC 7517 §5). */
export const writtenKeySet = (keys: readonly IssuerKey[]): { readonly keys: readonly object[] } => ({
  keys: keys.map(({ algorithm, kid, jwk }) => ({ ...jwk, kid, alg: algorithm, use: 'sig' })),
})
