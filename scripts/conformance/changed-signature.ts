import { sign } from './sign.ts'
import { testKey } from './test-keys.ts'

/** A signature that is right but for what is done to its octets. */
export const changed = (key: string, change: (signature: Buffer) => Uint8Array) => ({
  key,
  sign: (input: Buffer) => change(sign(testKey(key).alg, testKey(key).jwk, input)),
})
