import { readFileSync } from 'node:fs'

/** A key pair that was made for the vectors and is published with them. */
export interface TestKey {
  readonly name: string
  readonly alg: string
  /** With its private members. */
  readonly jwk: JsonWebKey
}

interface KeyFile {
  readonly keys: readonly TestKey[]
}

const file = new URL('../../conformance/test-keys.json', import.meta.url)
const { keys } = JSON.parse(readFileSync(file, 'utf8')) as KeyFile

export function testKey(name: string): TestKey {
  const found = keys.find((one) => one.name === name)
  if (found === undefined) throw new Error(`conformance/test-keys.json has no key ${name}`)
  return found
}

/** What a key set publishes of a key: no private member. */
export function publicJwk(name: string, members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { alg, jwk } = testKey(name)
  const { kty, crv, x, y, n, e } = jwk
  const all = { kty, crv, x, y, n, e, kid: name, alg, use: 'sig', ...members }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
