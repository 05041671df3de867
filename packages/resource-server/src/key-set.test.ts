import assert from 'node:assert/strict'
import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { test } from 'node:test'
import { signingKey } from '../test/local-issuer.ts'
import { everyAlgorithm, verifyCompact } from '../test/verify-compact.ts'
import { keySetReader } from './key-set.ts'

type Jwk = Readonly<Record<string, unknown>>

const base64url = (value: string | Uint8Array) => Buffer.from(value).toString('base64url')
const es256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ec: Jwk = { ...es256.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' }

/** A JWS that the key above has signed. */
function signed(header: Jwk = {}, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363'): string {
  const input = `${base64url(JSON.stringify({ alg: 'ES256', kid: 'k', ...header }))}.${base64url('{}')}`
  return `${input}.${base64url(signBytes('sha256', Buffer.from(input), { key: es256.privateKey, dsaEncoding }))}`
}

const refusedAs = (check: string, token: string, keys: unknown) =>
  assert.rejects(verifyCompact(token, keys), { code: 'invalid_token', check }, JSON.stringify(keys))

test('a key verifies what it has signed, in the one form of a signature', async () => {
  await verifyCompact(signed(), ec)
  for (let count = 0; count < 20; count += 1) await refusedAs('signature', signed({}, 'der'), ec)
})

test('SEC-246: a key that is not what it says is not used', async () => {
  const wrong: readonly Jwk[] = [
    { use: 'enc2' },
    { key_ops: ['sign'] },
    { key_ops: [] },
    { key_ops: ['verify', 'verify'] },
    { key_ops: 'verify' },
    { alg: 'ES384' },
    { alg: 'RS256' },
    { alg: 'HS256' },
    { alg: 'ECDH-ES' },
    { alg: 7 },
    { crv: 'P-384' },
    { crv: 'secp256k1' },
    { crv: undefined },
    { kty: 'RSA' },
    { kty: 'OKP' },
    { kty: undefined },
    { x: undefined },
    { y: `${ec.y}A` },
    { x: `${ec.x}=` },
    { y: base64url(new Uint8Array(31)) },
    { y: base64url(new Uint8Array(33)) },
    // Points that are not on the curve, infinity as zeros among them.
    { y: base64url(Buffer.from(String(ec.y), 'base64url').map((byte, index) => (index === 31 ? byte ^ 1 : byte))) },
    { x: base64url(new Uint8Array(32)), y: base64url(new Uint8Array(32)) },
    { x: base64url(new Uint8Array(32).fill(255)) },
  ]
  for (const change of wrong) await refusedAs('key-unusable', signed(), { ...ec, ...change })
})

test('SEC-246: RSA keys that are short, long, or have an exponent that is even, tiny or huge are not used', async () => {
  const rsa = (modulusLength: number, publicExponent = 65_537): Jwk => ({
    ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }),
    kid: 'k',
  })
  const good = rsa(2_048)
  const wrong: readonly Jwk[] = [
    rsa(1_024),
    rsa(2_047),
    rsa(2_048, 3),
    { ...good, e: 'AQ' },
    { ...good, e: 'AQAA' },
    { ...good, e: 'AAEAAQ' },
    { ...good, e: '' },
    { ...good, e: base64url(Uint8Array.of(1, 0, 0, 0, 1)) },
    { ...good, n: base64url(Buffer.concat([Buffer.of(0), Buffer.from(String(good.n), 'base64url')])) },
    { ...good, n: base64url(Buffer.from(String(good.n), 'base64url').fill(0, 255)) },
    { ...good, n: base64url(new Uint8Array(1_025).fill(255)) },
    { ...good, alg: 'RS1' },
  ]
  const token = `${base64url('{"alg":"RS256","kid":"k"}')}.e30.${base64url(new Uint8Array(256).fill(1))}`
  for (const key of wrong) await refusedAs('key-unusable', token, key)
  await refusedAs('signature', token, good)
})

test('SEC-246: two keys with one kid are no key, and nor are two that fit a token without kid', async () => {
  const other: Jwk = { ...(await signingKey('k')).jwk }
  await refusedAs('ambiguous-key', signed(), { keys: [ec, other] })
  await refusedAs('ambiguous-key', signed(), { keys: [ec, ec] })
  await refusedAs('ambiguous-key', signed(), { keys: [ec, { kty: 'EC', kid: 'k' }] })
  await refusedAs('ambiguous-key', signed({ kid: undefined }), { keys: [ec, { ...other, kid: 'l' }] })
  await verifyCompact(signed({ kid: undefined }), { keys: [ec, { kty: 'EC', kid: 'l' }] })
  // A key for encryption is another matter.
  await verifyCompact(signed(), { keys: [ec, { ...other, use: 'enc', alg: 'ECDH-ES' }] })
})

test('a key that cannot be used does not spoil the others', async () => {
  const others = [{}, { kty: 'x' }, { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA', kid: 'm' }, { kid: 7 }, { kty: 7 }]
  await verifyCompact(signed(), { keys: [...others, ec] })
})

test('SEC-248: a key that the set does not have is unknown, whatever the header brings along', async () => {
  await refusedAs('unknown-key', signed({ kid: 'l' }), ec)
  await refusedAs('unknown-key', signed({ kid: '' }), ec)
  await refusedAs(
    'unknown-key',
    signed({ kid: 'l', jwk: ec, jku: 'https://x.test', x5u: 'https://x.test', x5c: ['A'] }),
    ec,
  )
  await refusedAs('header-kid', signed({ kid: 7 }), ec)
  await refusedAs('header-kid', signed({ kid: ['k'] }), ec)
})

test('parameters that change what a JWS means are refused', async () => {
  for (const name of ['crit', 'b64', 'zip']) {
    for (const value of [['exp'], [], true, false, null, 'DEF']) {
      await refusedAs(`header-${name}`, signed({ [name]: value }), ec)
    }
  }
  await refusedAs('header-crit', signed({ crit: ['b64'], b64: false }), ec)
})

test('one key, one algorithm', async () => {
  await refusedAs('algorithm', signed({ alg: 'es256' }), ec)
  await refusedAs('algorithm', signed({ alg: undefined }), ec)
  await refusedAs('key-algorithm', signed({ alg: 'ES384' }), ec)
  await refusedAs('key-algorithm', signed({ alg: 'RS256' }), ec)
  const rsa = await signingKey('k', 'RS256')
  for (const alg of ['PS256', 'RS384', 'ES256']) await refusedAs('key-algorithm', signed({ alg }), rsa.jwk)
})

test('SEC-246: a secret or private key anywhere in a set refuses the set', () => {
  const read = keySetReader(everyAlgorithm)
  const secret = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']
  for (const member of secret) assert.throws(() => read({ keys: [ec, { kty: 'x', [member]: 'A' }] }), TypeError, member)
  for (const keys of [[{ kty: 'oct' }], ['x'], [null], [[]], {}, undefined])
    assert.throws(() => read({ keys }), TypeError)
  for (const json of [undefined, null, [], 'x', [ec]]) assert.throws(() => read(json), TypeError)
  assert.throws(() => read({ keys: Array.from({ length: 101 }, () => ec) }), TypeError)
})

test('a set that would fill memory is not kept', () => {
  const read = keySetReader(everyAlgorithm)
  const long = 'A'.repeat(100_000)
  const set = read({
    keys: [
      { ...ec, kid: long },
      { ...ec, x: long },
      { ...ec, x5c: [long] },
    ],
  })
  assert.equal(set.select({ kid: long, algorithm: 'ES256' }), undefined)
  assert.throws(() => set.select({ kid: 'k', algorithm: 'ES256' }), { check: 'ambiguous-key' })
})

test('a key that stays in the next set is the same key, and one that changes is another', () => {
  const read = keySetReader(everyAlgorithm)
  const wanted = { kid: 'k', algorithm: 'ES256' } as const
  const first = read({ keys: [ec] })
  const key = first.select(wanted)
  assert.ok(key)
  const second = read({
    keys: [
      { ...ec, kid: 'other' },
      { ...ec, x5t: 'ignored' },
    ],
  })
  assert.equal(second.select(wanted), key)
  assert.ok(second.has(key))
  const third = read({ keys: [{ ...ec, x: ec.y, y: ec.x }] })
  assert.ok(!third.has(key))
  assert.notEqual(third.select(wanted), key)
})
