import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './load.ts'

const load = (...names: readonly string[]) =>
  loadConfig({ file: undefined, environment: Object.fromEntries(names.map((name) => [name, 'x'])), flags: {} })

for (const [name, meant] of [
  ['MINTMARK_TSL', 'MINTMARK_TLS'],
  ['MINTMARK_MASTERKEY', 'MINTMARK_MASTER_KEY'],
  ['MINTMARK_MASTER_KEY_FIL', 'MINTMARK_MASTER_KEY_FILE'],
  ['MINTMARK_PUBLIC_PROT', 'MINTMARK_PUBLIC_PORT'],
] as const) {
  test(`${name} stops the start and names ${meant}`, () => {
    assert.throws(() => load(name), new RegExp(`${name} is unknown: is ${meant} meant\\?`))
  })
}

test("names of the command line, of the examples and of Kubernetes are none of the server's business", () => {
  load(
    'MINTMARK_CONFIG',
    'MINTMARK_ADMIN_CLIENT_ID',
    'MINTMARK_ADMIN_CLIENT_SECRET',
    'MINTMARK_ADMIN_CLIENT_SECRET_FILE',
    'MINTMARK_CLIENT_ID',
    'MINTMARK_CLIENT_SECRET',
    'MINTMARK_CLIENT_SECRET_FILE',
    'MINTMARK_ISSUER',
    'MINTMARK_WORKSPACE',
    'MINTMARK_CA_FILE',
    'MINTMARK_WEATHER_PORT',
    'MINTMARK_FUZZ_SECONDS',
    'MINTMARK_FUZZ_SEED',
    'MINTMARK_PORT',
    'MINTMARK_PORT_6749_TCP',
    'MINTMARK_PORT_6749_TCP_PROTO',
    'MINTMARK_PORT_6749_TCP_PORT',
    'MINTMARK_PORT_6749_TCP_ADDR',
    'MINTMARK_SERVICE_HOST',
    'MINTMARK_SERVICE_PORT',
    'MINTMARK_SERVICE_PORT_HTTP',
  )
})
