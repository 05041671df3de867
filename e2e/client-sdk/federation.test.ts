import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { tokenSource } from '@mintmark/client'
import {
  awsToken,
  azureManagedIdentityToken,
  federatedToken,
  githubActionsToken,
  googleCloudToken,
  type PlatformToken,
  tokenFromFile,
} from '@mintmark/client/federation'
import { startServerWithCommandLine } from '../cli/command-line.ts'

const mintmark = await startServerWithCommandLine()
const { json, directory } = mintmark
const issuer = `${mintmark.server.publicUrl}/acme/payments`
await json(['tenant', 'create', 'acme'])
await json('workspace create acme/payments')
await json('api create orders --audience https://orders.example --scope orders:read')
await json(
  'client create job --capability client_credentials --auth-method federated --permit orders:orders:read --default orders:read',
)

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwksFile = join(directory, 'jwks.json')
writeFileSync(jwksFile, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' }] }))
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (platform: string, aud: unknown): string => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: `https://${platform}.example`, sub: `job-of-${platform}`, aud, iat: now, exp: now + 300 }
  const input = `${encode({ alg: 'RS256', kid: 'k1' })}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

/** Every platform at one address of this machine: what each answers, and to whom its token is. */
const platforms = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  let body = ''
  for await (const piece of request) body += String(piece)
  const answer = (value: unknown) => {
    response.setHeader('content-type', typeof value === 'string' ? 'text/plain' : 'application/json')
    response.end(typeof value === 'string' ? value : JSON.stringify(value))
  }
  if (pathname === '/github') return answer({ value: tokenOf('github', searchParams.get('audience')) })
  if (pathname.startsWith('/computeMetadata/')) return answer(tokenOf('google', searchParams.get('audience')))
  if (pathname === '/azure') return answer({ access_token: tokenOf('azure', searchParams.get('resource')) })
  const audience = new URLSearchParams(body).get('Audience.member.1')
  return answer(`<WebIdentityToken>${tokenOf('aws', audience)}</WebIdentityToken>`)
})
await new Promise<void>((resolve) => platforms.listen(0, '127.0.0.1', resolve))
after(() => {
  platforms.close()
  platforms.closeAllConnections()
})
const address = platforms.address()
const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`

const sources: Readonly<Record<string, PlatformToken>> = {
  kubernetes: tokenFromFile(join(directory, 'projected')),
  github: githubActionsToken({
    environment: { ACTIONS_ID_TOKEN_REQUEST_URL: `http://${host}/github`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't' },
  }),
  google: googleCloudToken({ environment: { GCE_METADATA_HOST: host } }),
  azure: azureManagedIdentityToken({
    resource: 'api://mintmark',
    environment: { IDENTITY_ENDPOINT: `http://${host}/azure`, IDENTITY_HEADER: 'h' },
  }),
  aws: awsToken({
    region: 'eu-west-1',
    endpoint: `http://${host}/`,
    credentials: async () => ({ accessKeyId: 'AK', secretAccessKey: 'SK' }),
  }),
}
writeFileSync(join(directory, 'projected'), tokenOf('kubernetes', [issuer]))

for (const [platform, token] of Object.entries(sources)) {
  test(`${platform}: a token of ours for a token of the platform, and none for one the client does not name`, async () => {
    const source = () => tokenSource({ issuer, clientId: 'job', credential: federatedToken({ token }), attempts: 1 })
    await assert.rejects(source().token(), { code: 'refused', oauthError: 'invalid_client' })
    const audience = platform === 'azure' ? ['--audience', 'api://mintmark'] : []
    const from = ['--issuer', `https://${platform}.example`, '--jwks-file', jwksFile]
    await json(['trust', 'create', platform, ...from, ...audience])
    await json(['federation', 'add', 'job', '--trust', platform, '--match', `sub=job-of-${platform}`])
    const { value, scopes } = await source().token()
    assert.deepEqual(scopes, ['orders:read'])
    assert.equal(JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()).client_id, 'job')
  })
}
