import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SecretClient } from '@azure/keyvault-secrets'
import { type Credential, TokenError, tokenSource } from '@mintmark/client'
import { type CannedAnswer, cannedServer, type SeenRequest } from '../../../packages/client/test/local-server.ts'
import { listenTls } from '../../../packages/client/test/local-tls-server.ts'
import { appRole, kubernetes, secretFromAws, secretFromAzure, secretFromMount, secretFromVault } from './index.ts'

/** An authorization server that takes one secret, which a test changes, and what was tried there. */
async function setUp(context: TestContext, credential: Credential) {
  const state = { secret: 'first', time: 0 }
  const tried: string[] = []
  const as = await cannedServer(context, ({ headers }, count) => {
    const [, basic = ''] = headers.authorization?.split(' ') ?? []
    const [, secret = ''] = atob(basic).split(':')
    tried.push(secret)
    if (secret !== state.secret) return { status: 401, body: { error: 'invalid_client' } }
    return { body: { access_token: `t${count}`, token_type: 'Bearer', expires_in: 600 } }
  })
  const options = { tokenEndpoint: `${as.url}/token`, clientId: 'a', credential, attempts: 1, now: () => state.time }
  return { state, tried, source: tokenSource(options) }
}

/** What every manager is asked to do: give the secret, and the one before it as long as the server takes only that. */
async function rotates(
  context: TestContext,
  credential: Credential,
  store: { readonly put: (secret: string) => void },
) {
  store.put('first')
  const { state, tried, source } = await setUp(context, credential)
  const first = await source.token()
  assert.deepEqual(tried, ['first'])
  // The manager is ahead of the server.
  store.put('second')
  const second = await source.renewToken(first)
  assert.deepEqual(tried.slice(1), ['second', 'first'])
  // The server has learned it.
  state.secret = 'second'
  state.time = 60_000
  const third = await source.renewToken(second)
  assert.notEqual(third.value, second.value)
  assert.equal(tried.at(-1), 'second')
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** AWS Signature Version 4 of a request, computed from what arrived. */
function signatureOf({ method, url, headers, body }: SeenRequest, secretKey: string): string {
  const authorization = headers.authorization ?? ''
  const [, scope = '', names = ''] =
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/([^,]+), SignedHeaders=([^,]+), Signature=/.exec(authorization) ?? []
  const [date = '', region = '', service = '', ending = ''] = scope.split('/')
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, url, '', signed.join(''), names, sha256(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = [region, service, ending].reduce<string | Buffer>(hmac, hmac(`AWS4${secretKey}`, date))
  return hmac(key, text).toString('hex')
}

async function fakeAws(context: TestContext) {
  let versions: string[] = []
  const error = (status: number, type: string): CannedAnswer => ({
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: type, message: 'no' }),
  })
  const server = await cannedServer(context, (request) => {
    const { method, url, headers, body } = request
    assert.deepEqual([method, url, headers['content-type']], ['POST', '/', 'application/x-amz-json-1.1'])
    assert.equal(headers['x-amz-target'], 'secretsmanager.GetSecretValue')
    if (!headers.authorization?.endsWith(`Signature=${signatureOf(request, 'aws-key')}`)) {
      return error(400, 'InvalidSignatureException')
    }
    const { SecretId, VersionStage } = JSON.parse(body)
    assert.equal(SecretId, 'prod/weather-website')
    const SecretString = versions.at(VersionStage === 'AWSPREVIOUS' ? -2 : -1)
    if (SecretString === undefined) return error(400, 'ResourceNotFoundException')
    return {
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({ ARN: 'arn:x', Name: SecretId, SecretString, VersionStages: [VersionStage] }),
    }
  })
  const put = (secret: string) => {
    versions = [...versions, secret]
  }
  return { ...server, put }
}

const awsClient = (endpoint: string, secretAccessKey = 'aws-key') =>
  new SecretsManagerClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey },
    maxAttempts: 1,
  })

test('AWS Secrets Manager: AWSCURRENT and AWSPREVIOUS are the newer and the older', async (context) => {
  const aws = await fakeAws(context)
  await rotates(context, secretFromAws(awsClient(aws.url), 'prod/weather-website'), aws)
})

test('AWS Secrets Manager: who may not read the secret is told so, without it', async (context) => {
  const aws = await fakeAws(context)
  aws.put('first')
  const { source, tried } = await setUp(context, secretFromAws(awsClient(aws.url, 'wrong'), 'prod/weather-website'))
  await assert.rejects(source.token(), (error) => error instanceof TokenError && error.code === 'secret_unavailable')
  assert.deepEqual(tried, [])
})

async function fakeAzure(context: TestContext) {
  const versions: { readonly id: string; readonly value: string; readonly created: number; enabled: boolean }[] = []
  const seen: string[] = []
  const { url, ca } = await listenTls(context, ({ method, headers, url: path = '' }, response) => {
    const answer = (status: number, body: unknown, more = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body))
    const [route = '', query = ''] = path.split('?')
    seen.push(route)
    assert.equal(method, 'GET')
    assert.match(new URLSearchParams(query).get('api-version') ?? '', /^\d/)
    if (headers.authorization !== 'Bearer azure-token') {
      const challenge = 'Bearer authorization="https://login.example/tenant", resource="https://vault.azure.net"'
      return answer(401, {}, { 'www-authenticate': challenge })
    }
    const about = ({ id, created, enabled }: (typeof versions)[number]) => ({
      id: `${url}/secrets/weather-website/${id}`,
      attributes: { enabled, created },
    })
    const [, secrets, name, version = ''] = route.split('/')
    assert.deepEqual([secrets, name], ['secrets', 'weather-website'])
    // Azure lists versions in no order of time.
    if (version === 'versions') return answer(200, { value: versions.toReversed().map(about), nextLink: null })
    const found = version === '' ? versions.at(-1) : versions.find(({ id }) => id === version)
    if (found === undefined) return answer(404, { error: { code: 'SecretNotFound' } })
    return answer(200, { ...about(found), value: found.value })
  })
  const put = (value: string) => {
    versions.push({ id: `v${versions.length}`, value, created: 1_700_000_000 + versions.length, enabled: true })
  }
  const client = new SecretClient(
    url,
    { getToken: async () => ({ token: 'azure-token', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    { disableChallengeResourceVerification: true, tlsOptions: { ca }, retryOptions: { maxRetries: 0 } },
  )
  return { put, client, seen, versions }
}

test('Azure Key Vault: the two newest versions are the newer and the older', async (context) => {
  const azure = await fakeAzure(context)
  await rotates(context, secretFromAzure(azure.client, 'weather-website'), azure)
  assert.ok(azure.seen.includes('/secrets/weather-website/versions'))
})

test('Azure Key Vault: a version that was switched off is passed over', async (context) => {
  const azure = await fakeAzure(context)
  for (const secret of ['first', 'leaked', 'second']) azure.put(secret)
  for (const version of azure.versions) version.enabled = version.value !== 'leaked'
  const { source, tried } = await setUp(context, secretFromAzure(azure.client, 'weather-website'))
  await source.token()
  assert.deepEqual(tried, ['second', 'first'])
})

async function fakeVault(context: TestContext, logins: Record<string, Record<string, string>>) {
  let versions: string[] = []
  const server = await cannedServer(context, ({ method, url, headers, body }) => {
    if (method === 'POST') {
      const expected = logins[url]
      if (JSON.stringify(expected) !== body) return { status: 400, body: { errors: ['permission denied'] } }
      return { body: { auth: { client_token: 'hvs.token', lease_duration: 3600, renewable: true } } }
    }
    if (headers['x-vault-token'] !== 'hvs.token') return { status: 403, body: { errors: ['permission denied'] } }
    const [path, query = ''] = url.split('?')
    assert.equal(path, '/v1/secret/data/weather-website')
    const asked = Number(new URLSearchParams(query).get('version'))
    const version = asked === 0 ? versions.length : asked
    const secret = versions[version - 1]
    if (secret === undefined) return { status: 404, body: { errors: [] } }
    return { body: { data: { data: { client_secret: secret }, metadata: { version, destroyed: false } } } }
  })
  const put = (secret: string) => {
    versions = [...versions, secret]
  }
  return {
    ...server,
    put,
    place: { address: server.url, mount: 'secret', path: 'weather-website', member: 'client_secret' },
  }
}

test('HashiCorp Vault by AppRole: the two newest versions are the newer and the older', async (context) => {
  const vault = await fakeVault(context, { '/v1/auth/approle/login': { role_id: 'role', secret_id: 'id' } })
  const login = appRole('role', async () => 'id')
  await rotates(context, secretFromVault({ ...vault.place, login }), vault)
})

test("HashiCorp Vault by Kubernetes: the service account's token is read for every login", async (context) => {
  const file = join(temporaryDirectory(context), 'token')
  writeFileSync(file, 'jwt-of-the-pod\n')
  const vault = await fakeVault(context, {
    '/v1/auth/kubernetes/login': { role: 'weather-website', jwt: 'jwt-of-the-pod' },
  })
  await rotates(context, secretFromVault({ ...vault.place, login: kubernetes('weather-website', file) }), vault)
  writeFileSync(file, 'another\n')
  const { source } = await setUp(context, secretFromVault({ ...vault.place, login: kubernetes('x', file) }))
  await assert.rejects(source.token(), (error) => error instanceof TokenError && error.code === 'secret_unavailable')
})

test('a mounted secret is read again when it changes', async (context) => {
  const directory = temporaryDirectory(context)
  const files = ['client-secret', 'client-secret-previous'].map((name) => join(directory, name))
  let last = 'none'
  const put = (secret: string) => {
    writeFileSync(files[0] ?? '', `${secret}\n`)
    writeFileSync(files[1] ?? '', last)
    last = secret
  }
  await rotates(context, secretFromMount(directory), { put })
})

function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-secret-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('the code that docs/call-an-api.md shows is the code of this example', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/call-an-api.md'), 'utf8')
  const shown = {
    'aws-secrets-manager.ts': 'import',
    'azure-key-vault.ts': 'import',
    'hashicorp-vault.ts': '/** A secret of HashiCorp Vault',
    'mounted-files.ts': 'import',
  }
  for (const [file, beginning] of Object.entries(shown)) {
    const code = readFileSync(join(import.meta.dirname, file), 'utf8')
    assert.ok(page.includes(code.slice(code.indexOf(beginning))), file)
  }
})
