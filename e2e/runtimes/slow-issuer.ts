import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** An issuer that answers the first request for its keys when it is told to, and those after it at once. */
export async function slowIssuer(context: TestContext) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] })
  const first = Promise.withResolvers<ServerResponse>()
  let count = 0
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json')
    if (request.url !== '/jwks') response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }))
    else if (count++ === 0) first.resolve(response)
    else response.end(keys)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const token = await new SignJWT({ client_id: 'c', scope: 'weather:read', jti: 'j' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience('https://weather.example')
    .setSubject('c')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey)
  return { issuer, token, asked: first.promise, answer: async () => (await first.promise).end(keys) }
}
