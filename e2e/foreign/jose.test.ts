import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { algorithms, startForStrangers } from './stranger-server.ts'

const server = await startForStrangers()
const keys = createRemoteJWKSet(new URL(server.jwksUri))
const secret = server.secrets.stranger ?? ''

const getToken = async (scope: string): Promise<string> => {
  const response = await fetch(`${server.issuer}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'stranger',
      client_secret: secret,
      scope,
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

/** The token with one character of a part replaced by one whose bits all differ where base64url has room. */
const altered = (token: string, part: number, at: number): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const parts = token.split('.')
  const text = parts[part] ?? ''
  const replaced = alphabet[alphabet.indexOf(text[at] ?? '') ^ 32]
  parts[part] = `${text.slice(0, at)}${replaced}${text.slice(at + 1)}`
  return parts.join('.')
}

for (const algorithm of algorithms) {
  test(`SEC-139: jose verifies a token signed with ${algorithm}, and no altered one`, async () => {
    const token = await getToken(`use:${algorithm}`)
    const options = { typ: 'at+jwt', issuer: server.issuer, audience: `https://${algorithm.toLowerCase()}.example` }
    const { payload } = await jwtVerify(token, keys, options)
    assert.equal(decodeProtectedHeader(token).alg, algorithm)
    assert.equal(payload.sub, 'stranger')
    for (const [part, text] of token.split('.').entries()) {
      for (let at = 0; at < text.length; at += 7) {
        await assert.rejects(jwtVerify(altered(token, part, at), keys, options), `part ${part}, character ${at}`)
      }
    }
  })
}
