import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseChallenges } from './challenge.ts'
import { dpopAlgorithms } from './dpop-key.ts'
import { checkDpopTarget, type DpopProof, readDpopProof } from './dpop-proof.ts'
import { dpopChallenge, readDpopAuthorization } from './dpop-scheme.ts'
import { OAuthError } from './oauth-error.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const coordinate = Buffer.alloc(32, 7).toString('base64url')
const jwk = { kty: 'EC', crv: 'P-256', x: coordinate, y: coordinate }
const header = { typ: 'dpop+jwt', alg: 'ES256', jwk }
const claims = { jti: 'one', htm: 'POST', htu: 'https://as.test/token', iat: 1_000 }
const proof = (more: object = {}, moreHeader: object = {}) =>
  `${encode({ ...header, ...moreHeader })}.${encode({ ...claims, ...more })}.c2ln`

const isRefusal = (error: unknown) =>
  error instanceof OAuthError && error.code === 'invalid_dpop_proof' && error.check?.startsWith('dpop-') === true

test('a proof is taken apart, with the members that make its key and the input of its thumbprint', () => {
  const text = proof({ ath: 'a', nonce: 'n' }, { jwk: { ...jwk, kid: 'k', use: 'sig', extra: {} } })
  const read = readDpopProof(text)
  assert.deepEqual(read.jwk, jwk)
  // RFC 7638 §3.2: the members in the order of their names, without white space.
  assert.equal(read.thumbprintInput, `{"crv":"P-256","kty":"EC","x":"${coordinate}","y":"${coordinate}"}`)
  assert.equal(`${read.signingInput}.${read.signature}`, text)
  const { jti, htm, htu, iat, ath, nonce } = read
  assert.deepEqual({ jti, htm, htu, iat, ath, nonce }, { ...claims, ath: 'a', nonce: 'n' })
})

test('the proof of RFC 9449 §4.2 is read', () => {
  const read = readDpopProof(
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
  )
  assert.equal(read.jti, '-BwC3ESc6acc2lTc')
  checkDpopTarget(read, 'POST', 'https://server.example.com/token', 1_562_262_616)
})

test('whatever is sent is a proof or one and the same refusal, and nothing else', () => {
  const part = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      assert.throws(() => readDpopProof(parts.join('.')), isRefusal)
    }),
  )
  const anything = fc.anything({ withBigInt: false })
  fc.assert(
    fc.property(
      fc.constantFrom('typ', 'alg', 'jwk', 'crit'),
      fc.constantFrom('jti', 'htm', 'htu', 'iat', 'ath', 'nonce'),
      anything,
      anything,
      (name, claim, one, other) => {
        try {
          const read = readDpopProof(proof({ [claim]: other }, { [name]: one }))
          assert.ok(typeof read.jti === 'string' && Number.isFinite(read.iat))
        } catch (error) {
          assert.ok(isRefusal(error), String(error))
        }
      },
    ),
  )
})

test('a key of RSA has 2048, 3072 or 4096 bits, and the usual exponent', () => {
  const n = (bytes: number, first = 0xff) => {
    const modulus = Buffer.alloc(bytes, 0xff)
    modulus[0] = first
    return modulus.toString('base64url')
  }
  const withKey = (key: object) => proof({}, { alg: 'PS256', jwk: { kty: 'RSA', e: 'AQAB', ...key } })
  for (const bytes of [256, 384, 512]) assert.equal(readDpopProof(withKey({ n: n(bytes) })).algorithm, 'PS256')
  for (const key of [{ n: n(128) }, { n: n(255) }, { n: n(256, 1) }, { n: n(1024) }, { n: n(256), e: 'Aw' }, {}]) {
    assert.throws(() => readDpopProof(withKey(key)), isRefusal)
  }
})

const target = (htu: string, more: Partial<DpopProof> = {}): DpopProof => ({
  ...readDpopProof(proof({ htu })),
  ...more,
})

test('htu is compared normalised, and nothing else about it is forgiven', () => {
  const url = 'https://as.test/a/~b/token?x=y'
  for (const same of [
    'https://as.test/a/~b/token',
    'HTTPS://AS.test:443/a/%7eb/token#f',
    'https://as.test/a/./c/../~b/token?',
  ]) {
    checkDpopTarget(target(same), 'POST', url, 1_000)
  }
  for (const other of [
    'http://as.test/a/~b/token',
    'https://as.test:444/a/~b/token',
    'https://as.test/A/~b/token',
    'https://as.test/a/~b/token/',
    'https://as.test/a%2F~b/token',
    'https://user@as.test/a/~b/token',
    'https://as.test.evil.test/a/~b/token',
    'https://as.test/',
    'data:,x',
    'token',
  ]) {
    assert.throws(() => checkDpopTarget(target(other), 'POST', url, 1_000), isRefusal, other)
  }
})

test('a proof is good for a minute, and 15 seconds before its time', () => {
  const check = (now: number) => checkDpopTarget(target(claims.htu), 'POST', claims.htu, now)
  for (const now of [1_000, 1_060, 985]) check(now)
  for (const now of [1_060.1, 984.9, 0, 9_999]) assert.throws(() => check(now), isRefusal)
  assert.throws(() => checkDpopTarget(target(claims.htu), 'post', claims.htu, 1_000), isRefusal)
})

test('the Authorization header of the scheme DPoP is read as strictly as that of Bearer', () => {
  assert.equal(readDpopAuthorization('DPoP abc.def~='), 'abc.def~=')
  assert.equal(readDpopAuthorization('dpop x'), 'x')
  for (const other of ['Bearer x', 'DPoPx y', 'Basic DPoP x', '']) assert.equal(readDpopAuthorization(other), undefined)
  for (const wrong of ['DPoP', 'DPoP ', 'DPoP  x', 'DPoP x y', 'DPoP x,', 'DPoP x, Bearer y']) {
    assert.throws(() => readDpopAuthorization(wrong), { code: 'invalid_request' }, wrong)
  }
})

test('a challenge names the algorithms of proofs', () => {
  const written = dpopChallenge({ realm: 'a "b"', error: 'invalid_dpop_proof', scope: 'x y' })
  const [read] = parseChallenges(written) ?? []
  assert.equal(read?.scheme, 'dpop')
  assert.deepEqual(Object.fromEntries(read?.parameters ?? []), {
    realm: 'a "b"',
    error: 'invalid_dpop_proof',
    scope: 'x y',
    algs: dpopAlgorithms.join(' '),
  })
})
