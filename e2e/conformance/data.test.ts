import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { conformanceFiles } from '../../scripts/conformance/files.ts'
import { routes, settings, settingsNamed, signatures, vectorFiles, vectors } from './pack.ts'
import { targetNamed, targetNames } from './targets.ts'

const root = new URL('../../', import.meta.url)
const readText = (path: string) => readFileSync(new URL(path, root), 'utf8')
const readJson = (path: string): unknown => JSON.parse(readText(path))

test('the committed files are what the generator describes, octet by octet', () => {
  for (const { path, generate } of conformanceFiles) assert.equal(readText(path), generate(), path)
  const generated = conformanceFiles.map(({ path }) => path).filter((path) => path.startsWith('conformance/vectors/'))
  assert.deepEqual(
    vectorFiles.map((file) => `conformance/vectors/${file}`),
    generated.sort(),
  )
})

test('every file is as its schema says', () => {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false })
  for (const name of ['vectors', 'settings', 'signatures', 'targets', 'witnesses']) {
    ajv.addSchema(readJson(`conformance/schema/${name}.schema.json`) as object, `${name}.schema.json`)
  }
  const check = (schema: string, path: string) => {
    assert.ok(ajv.validate(`${schema}.schema.json`, readJson(path)), `${path}: ${ajv.errorsText()}`)
  }
  for (const name of ['settings', 'signatures', 'targets', 'witnesses']) check(name, `conformance/${name}.json`)
  for (const file of vectorFiles) check('vectors', `conformance/vectors/${file}`)
})

test('there are enough vectors, and each has a name of its own', () => {
  assert.ok(vectors.length >= 300)
  assert.equal(new Set(vectors.map(({ id }) => id)).size, vectors.length)
  assert.equal(new Set(signatures.map(({ id }) => id)).size, signatures.length)
  for (const level of ['token', 'introspection', 'request', 'gateway'])
    assert.ok(vectors.some((vector) => vector.level === level))
})

test('every setting is used, and every vector names one', () => {
  const used = new Set(vectors.map((vector) => vector.settings))
  for (const name of used) assert.ok(settingsNamed(name))
  assert.deepEqual(
    Object.keys(settings).filter((name) => !used.has(name)),
    [],
  )
})

test('what a vector needs is what the route of its path needs', () => {
  for (const { id, level, request, requirement } of vectors) {
    if (level === 'gateway') continue
    const [path = ''] = request.path.split('?')
    assert.deepEqual(routes[path], requirement, id)
  }
})

test('a vector about a token carries it as RFC 6750 §2.1 says, and nothing else', () => {
  for (const { id, level, request } of vectors) {
    if (level !== 'token' && level !== 'introspection') continue
    const [[name, value] = ['', ''], ...others] = request.headers
    assert.deepEqual([request.method, name, others], ['GET', 'Authorization', []], id)
    assert.match(value, /^Bearer [^ ]*$/, id)
  }
})

test('key sets and vectors hold no private key of the issuers', () => {
  const { keys } = readJson('conformance/test-keys.json') as {
    keys: { name: string; jwk: Readonly<Record<string, string>> }[]
  }
  const published = [...vectorFiles.map((file) => `vectors/${file}`), 'settings.json', 'signatures.json']
  const text = published.map((path) => readText(`conformance/${path}`)).join('\n')
  for (const { name, jwk } of keys) assert.ok(!text.includes(jwk.d ?? ''), name)
  assert.ok(!/"(?:d|p|q|dp|dq|qi|k)":/.test(text))
})

test('what a target refuses by itself are vectors that are refused anyway, and each once', () => {
  for (const name of targetNames) {
    const { refusals, repairs } = targetNamed(name)
    const ids = [...refusals, ...repairs].flatMap((one) => one.vectors)
    assert.equal(new Set(ids).size, ids.length, name)
    for (const id of ids)
      assert.ok(
        vectors.some((vector) => vector.id === id),
        `${name}: ${id}`,
      )
  }
})
