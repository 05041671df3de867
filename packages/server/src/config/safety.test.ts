import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './load.ts'
import { hidesCallers } from './safety.ts'

test('a start warns of a proxy that must be there and is not named', () => {
  const named = { proxyAddresses: '10.0.0.7', proxyAddressHeader: 'x-forwarded-for' }
  for (const [flags, expected] of [
    [{}, false],
    [{ url: 'https://tokens.example.com' }, true],
    [{ url: 'https://tokens.example.com', ...named }, false],
    [{ url: 'https://tokens.example.com', proxyAddresses: '10.0.0.7', proxyCertificateHeader: 'client-cert' }, true],
    [{ url: 'https://tokens.example.com', tls: 'files', tlsCertFile: 'cert.pem', tlsKeyFile: 'key.pem' }, false],
  ] as const) {
    const { config } = loadConfig({ file: undefined, environment: {}, flags })
    assert.equal(hidesCallers(config), expected, JSON.stringify(flags))
  }
})
