import assert from 'node:assert/strict'
import type { DemoIssuer } from './demo-issuer.ts'

/** Asks one of the programs of examples/protect-an-api whatever a caller may: with the right token, with another, with none. */
export async function askWeather(url: string, { issuer, audience, clientId, authorization }: DemoIssuer) {
  const read = await authorization('weather:read')
  const write = await authorization('weather:write')
  const ask = async (method: string, path: string, header?: string) => {
    const response = await fetch(`${url}${path}`, { method, headers: header ? { authorization: header } : {} })
    return { status: response.status, challenge: response.headers.get('www-authenticate'), body: await response.text() }
  }
  const where = `resource_metadata="${audience}/.well-known/oauth-protected-resource"`
  const refused = { error: 'insufficient_scope', description: 'The access token was not granted the scope this needs.' }
  const forbidden = (scope: string) =>
    `Bearer realm="${audience}", error="${refused.error}", error_description="${refused.description}", ` +
    `scope="${scope}", ${where}`

  assert.deepEqual(JSON.parse((await ask('GET', '/health')).body), { ok: true })

  const shown = await ask('GET', '/weather/Bern', read)
  assert.equal(shown.status, 200)
  assert.deepEqual(JSON.parse(shown.body), { city: 'Bern', askedBy: clientId })

  const missing = await ask('GET', '/weather/Bern')
  assert.deepEqual(missing, {
    status: 401,
    challenge: `Bearer realm="${audience}", ${where}`,
    body: '{"error":"unauthorized"}',
  })
  const bad = await ask('GET', '/weather/Bern', `${read}x`)
  assert.equal(bad.status, 401)
  assert.match(bad.challenge ?? '', /error="invalid_token"/)
  const another = await ask('GET', '/weather/Bern', write)
  assert.deepEqual([another.status, another.challenge], [403, forbidden('weather:read')])

  assert.equal((await ask('DELETE', '/weather/Bern')).status, 401)
  const unchanged = await ask('DELETE', '/weather/Bern', read)
  assert.deepEqual([unchanged.status, unchanged.challenge], [403, forbidden('weather:write weather:admin')])
  assert.equal((await ask('DELETE', '/weather/Bern', write)).status, 204)

  const metadata = await ask('GET', '/.well-known/oauth-protected-resource')
  assert.equal(metadata.status, 200)
  assert.deepEqual(JSON.parse(metadata.body), {
    resource: audience,
    authorization_servers: [issuer],
    scopes_supported: ['weather:read', 'weather:write'],
    bearer_methods_supported: ['header'],
  })
}
