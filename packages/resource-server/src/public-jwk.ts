/** The members of a JWK that count here, of a shape that is safe to keep. */
export interface PublicJwk {
  readonly kty: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly key_ops?: readonly string[]
}

/** Characters of a `kid`; a key with a longer one cannot be chosen. */
export const maximumKidLength = 1_024
/** Characters of any other member: an RSA modulus of 8,192 bits has 1,366. */
const maximumMemberLength = 2_048

const textMembers = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'] as const

/**
 * Keeps the members that count, and none of another type, so that what a server publishes fills no memory.
 * @throws TypeError
 */
export function publicJwk(json: Readonly<Record<string, unknown>>): PublicJwk {
  const jwk: Record<string, unknown> = {}
  for (const name of textMembers) {
    const value = json[name]
    if (value === undefined) continue
    if (typeof value !== 'string') throw new TypeError(`The ${name} of the key is not a string`)
    if (value.length > maximumMemberLength) throw new TypeError(`The ${name} of the key is too long`)
    jwk[name] = value
  }
  const { key_ops: operations } = json
  if (operations !== undefined) {
    if (!Array.isArray(operations) || operations.length > 8 || !operations.every(isOperation)) {
      throw new TypeError('The key_ops of the key are not a list of operations')
    }
    jwk.key_ops = operations
  }
  return jwk as unknown as PublicJwk
}

const isOperation = (value: unknown) => typeof value === 'string' && value.length <= 64
