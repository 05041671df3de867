import { createHash } from 'node:crypto'
import { changed } from '../changed-signature.ts'
import { octets, toBigInt } from '../ecdsa.ts'
import { sign } from '../sign.ts'
import { testKey } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { refused } = tokenVectors('signature')

const eddsa = 'RFC 8037 §3.1'

/** The order of the group of Ed25519 (RFC 8032 §5.1). */
const groupOrder = (1n << 252n) + 27742317777372353535851937790883648493n
const littleEndian = (bytes: Uint8Array) => toBigInt(Uint8Array.from(bytes).reverse())
const sPlus = (more: bigint) => (signature: Buffer) =>
  Buffer.concat([signature.subarray(0, 32), octets(littleEndian(signature.subarray(32)) + more, 32).reverse()])

export const edwardsVectors: Subject = {
  name: 'edwards',
  title: 'Ed25519: second spellings of a signature, and signatures of something else',
  vectors: [
    refused(
      'ed25519-s-plus-order',
      'Ed25519: S plus the order of the group',
      'RFC 8032 §5.1.7',
      changed('issuer-ed25519', sPlus(groupOrder)),
    ),
    refused(
      'ed25519-s-order',
      'Ed25519: S is the order of the group',
      'RFC 8032 §5.1.7',
      changed('issuer-ed25519', (all) => Buffer.concat([all.subarray(0, 32), octets(groupOrder, 32).reverse()])),
    ),
    refused(
      'ed25519-top-bit',
      'Ed25519: the top bit of S is set',
      'RFC 8032 §5.1.7',
      changed('issuer-ed25519', (all) => Uint8Array.from(all, (value, index) => (index === 63 ? value | 0x80 : value))),
    ),
    refused('ed25519-identity', 'Ed25519: R is the neutral point and S is 0', 'RFC 8032 §5.1.7', {
      key: 'issuer-ed25519',
      sign: () => Buffer.concat([octets(1n, 32).reverse(), Buffer.alloc(32)]),
    }),
    refused(
      'ed25519-halves-swapped',
      'Ed25519: S before R',
      eddsa,
      changed('issuer-ed25519', (all) => Buffer.concat([all.subarray(32), all.subarray(0, 32)])),
    ),
    refused('ed25519-of-digest', 'Ed25519 of the SHA-512 of the message', eddsa, {
      key: 'issuer-ed25519',
      sign: (input) => sign('EdDSA', testKey('issuer-ed25519').jwk, createHash('sha512').update(input).digest()),
    }),
  ],
}
