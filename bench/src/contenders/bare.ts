/**
 * The floor: the least a token endpoint on Node can do and still be one. `node:http`, the form, one SHA-256 of the secret compared in
 * constant time, one ES256 signature on the thread pool, the claims of RFC 9068. No router, checks, store, audit or log.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ForkedReady, ForkedStart } from './fork-contender.ts'

const lifetimeSeconds = 3600
const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

process.on('disconnect', () => process.exit(0))
const [{ clients }] = (await once(process, 'message')) as [ForkedStart]
const digests = new Map(clients.map(({ id, secret }) => [id, digestOf(secret)]))

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signingKey = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
const kid = randomBytes(16).toString('base64url')
const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid })).toString('base64url')

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => answer(request, Buffer.concat(chunks).toString(), response))
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ port, tokenPath: '/token' } satisfies ForkedReady)
})

const answer = (request: IncomingMessage, body: string, response: ServerResponse): void => {
  const form = new URLSearchParams(body)
  const { id, secret } = credentialsOf(request.headers.authorization, form)
  const expected = digests.get(id)
  const grant = form.get('grant_type')
  if (expected === undefined || !timingSafeEqual(digestOf(secret), expected) || grant !== 'client_credentials') {
    send(response, 401, { error: 'invalid_client' })
    return
  }
  const scope = form.get('scope') ?? undefined
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'http://127.0.0.1',
    sub: id,
    client_id: id,
    aud: form.get('resource') ?? 'https://es256.bench.example',
    iat,
    exp: iat + lifetimeSeconds,
    jti: randomBytes(16).toString('base64url'),
    scope,
  }
  const input = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  sign('sha256', Buffer.from(input), signingKey, (error, signature) => {
    if (error) {
      send(response, 500, { error: 'server_error' })
      return
    }
    const accessToken = `${input}.${signature.toString('base64url')}`
    send(response, 200, { access_token: accessToken, token_type: 'Bearer', expires_in: lifetimeSeconds, scope })
  })
}

const credentialsOf = (authorization: string | undefined, form: URLSearchParams): { id: string; secret: string } => {
  if (!authorization?.startsWith('Basic ')) {
    return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' }
  }
  const pair = Buffer.from(authorization.slice(6), 'base64').toString()
  const colon = pair.indexOf(':')
  return { id: decodeURIComponent(pair.slice(0, colon)), secret: decodeURIComponent(pair.slice(colon + 1)) }
}

const send = (response: ServerResponse, status: number, value: unknown): void => {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    Pragma: 'no-cache',
  })
  response.end(body)
}
