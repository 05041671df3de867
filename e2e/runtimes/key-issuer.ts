import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Told of a request for the keys and of how many there were; the keys are sent when `answer` is called. */
export type OnKeysAsked = (answer: () => void, count: number) => void

/** An issuer with metadata and keys, and tokens for `https://weather.example` that are good for five hours. */
export async function keyIssuer(context: TestContext, onKeysAsked: OnKeysAsked) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] })
  let count = 0
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json')
    if (request.url === '/jwks') onKeysAsked(() => response.end(keys), ++count)
    else response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const token = (jti: string) =>
    new SignJWT({ client_id: 'c', scope: 'weather:read', jti })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience('https://weather.example')
      .setSubject('c')
      .setIssuedAt()
      .setExpirationTime('5h')
      .sign(privateKey)
  return { issuer, token }
}
