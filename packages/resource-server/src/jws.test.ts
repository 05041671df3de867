import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { base64url } from 'jose'
import type { SigningKey } from '../test/local-issuer.ts'
import { refusedToken, setUpOffline } from '../test/offline-api.ts'

/** Signs header and payload as they are spelled. */
async function spelled(header: string | Uint8Array, payload: string | Uint8Array, { privateKey }: SigningKey) {
  const input = `${base64url.encode(header)}.${base64url.encode(payload)}`
  const es256 = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(es256, privateKey, new TextEncoder().encode(input))
  return `${input}.${base64url.encode(new Uint8Array(signature))}`
}

test('a token has one meaning: names twice, other text than UTF-8 and other spellings are refused, though signed', async (context) => {
  const { ask, claims, key, refusals } = await setUpOffline(context)
  const header = JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })
  const payload = JSON.stringify(claims())
  const good = await spelled(header, payload, key)
  assert.ok((await ask(good)).allowed)
  assert.ok((await ask(await spelled(` ${header}\n`, payload, key))).allowed === false)
  assert.ok((await ask(await spelled(header.replace('{', '{ '), `\n${payload}`, key))).allowed)

  const open = (text: string) => text.slice(0, -1)
  const deep = `${'['.repeat(20)}${']'.repeat(20)}`
  const refused: [string | Uint8Array, string | Uint8Array][] = [
    [`${open(header)},"alg":"ES256"}`, payload],
    [`${open(header)},"k\\u0069d":"k1"}`, payload],
    [header, `${open(payload)},"scope":"api:read api:write"}`],
    [header, `${open(payload)},"\\u0073ub":"cb"}`],
    [header, `${open(payload)},"act":{"sub":"a","sub":"b"}}`],
    [header, `${open(payload)},"deep":${deep}}`],
    [header, `\ufeff${payload}`],
    [header, `${payload}x`],
    [header, `[${payload}]`],
    [header, new TextEncoder().encode(payload).map((byte) => (byte === 0x63 ? 0xff : byte))],
  ]
  for (const [one, two] of refused) refusedToken(await ask(await spelled(one, two, key)), refusals, 'jwt-malformed')
  const [first = '', second = '', third = ''] = good.split('.')
  for (const token of [
    `${first}=.${second}.${third}`,
    `${first}.${second}=.${third}`,
    `${first}.${second}.${third}==`,
    `${first}.${second}.${third}.`,
    `.${first}.${second}.${third}`,
    `${first}.${second}.${third}.${third}`,
    `${first}.${second}.${third.slice(0, -1)}${third.endsWith('A') ? 'B' : 'A'}x`,
  ]) {
    const decision = await ask(token)
    // With padding inside it is no b64token, and the header is malformed.
    assert.equal(decision.allowed ? 200 : decision.status, /=\./.test(token) ? 400 : 401, token)
    refusals.pop()
  }
})

test('SEC-235: no token that differs from a good one in one character is let in', async (context) => {
  const { ask, sign, issuer } = await setUpOffline(context)
  const good = await sign()
  assert.ok((await ask(good)).allowed)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/='
  const others = (character: string) => [...alphabet].filter((one) => one !== character)
  for (let index = 0; index < good.length; index += 1) {
    const choice = others(good.charAt(index))
    // The last character has a few neighbours that decode to the same bytes where a decoder is lenient.
    const few = index === good.length - 1 ? choice : [choice[index % choice.length] ?? '']
    for (const other of few) {
      const decision = await ask(`${good.slice(0, index)}${other}${good.slice(index + 1)}`)
      assert.ok(!decision.allowed && [400, 401].includes(decision.status), `${issuer} ${index} ${other}`)
    }
    const shorter = await ask(`${good.slice(0, index)}${good.slice(index + 1)}`)
    assert.ok(!shorter.allowed)
  }
})

test('SEC-241: a header that changes what the token means is refused, though signed', async (context) => {
  const { ask, claims, key, refusals } = await setUpOffline(context)
  for (const more of [
    { crit: ['exp'] },
    { crit: [] },
    { b64: true },
    { zip: 'DEF' },
    { kid: 7 },
    { typ: ['at+jwt'] },
  ]) {
    const header = JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...more })
    const [name = ''] = Object.keys(more)
    const check = name === 'typ' ? 'claim-typ' : `header-${name}`
    refusedToken(await ask(await spelled(header, JSON.stringify(claims()), key)), refusals, check)
  }
})

test('SEC-262: huge and mangled tokens are refused without work', async (context) => {
  const { ask, sign, refusals } = await setUpOffline(context)
  assert.ok((await ask(await sign())).allowed)
  const deep = base64url.encode('['.repeat(8_000))
  const header = base64url.encode(JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' }))
  const hostile = ['a'.repeat(1_048_576), '.'.repeat(40_960), `${deep}.${deep}.AAAA`, `${header}.${deep}.AAAA`, 'a.b.c']
  hostile.push('a', '.a.', 'a..a', 'a.b.', `${header}.e30.=`, `${header}.e30.A`)
  const rounds = 500
  const memory = process.memoryUsage.rss()
  const started = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) {
    // Another token in each round, so that nothing is saved by having seen it.
    for (const token of hostile) refusedToken(await ask(token.endsWith('=') ? token : `${token}${round}`), refusals)
  }
  const { user, system } = process.cpuUsage(started)
  const microseconds = (user + system) / (rounds * hostile.length)
  assert.ok(microseconds < 1_000, `${microseconds} µs a token`)
  // The tokens of 1 MiB alone would be 500 MB.
  const grown = (process.memoryUsage.rss() - memory) / 1_048_576
  assert.ok(grown < 200, `${grown} MiB`)
})

test('no token makes the verifier answer anything but 401 or 400', async (context) => {
  const { ask, sign } = await setUpOffline(context)
  const good = (await sign()).split('.')
  const part = fc.oneof(
    fc.constantFrom(...good),
    fc.string({ unit: fc.constantFrom('A', 'e', '3', '0', '.', '_', '=') }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
      const token = parts.join('.')
      const decision = await ask(token)
      assert.ok(decision.allowed ? token === good.join('.') : [400, 401].includes(decision.status), token)
    }),
  )
})
