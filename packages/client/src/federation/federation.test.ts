import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { cannedServer } from '../../test/local-server.ts'
import { fails, setUp } from '../../test/local-source.ts'
import { signedHeaders } from './aws-signature.ts'
import {
  awsToken,
  azureManagedIdentityToken,
  azureWorkloadIdentityToken,
  federatedToken,
  githubActionsToken,
  googleCloudToken,
  type PlatformToken,
  tokenFromFile,
} from './index.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln'
const audience = 'https://id.example/acme/payments'
const asking = () => ({ audience, signal: AbortSignal.timeout(5_000) })

const directoryOf = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-federation-'))
  context.after(() => rmSync(directory, { recursive: true }))
  return directory
}

/** Sends what is asked of a host that only the platform has to a server of the test. */
const redirected =
  (to: string): typeof fetch =>
  (input, init) => {
    const url = new URL(String(input))
    return fetch(`${to}${url.pathname}${url.search}`, {
      ...init,
      headers: { ...init?.headers, 'x-asked-host': url.host },
    })
  }

test('the token of the platform is the assertion, asked for before every request, for the issuer', async (context) => {
  const asked: string[] = []
  const token: PlatformToken = (request) => {
    asked.push(request.audience)
    return jwt
  }
  const { source, requests } = await setUp(context, undefined, { credential: federatedToken({ token }) })
  await source.token()
  const form = new URLSearchParams(requests[0]?.body)
  assert.equal(form.get('client_id'), 'weather-website')
  assert.equal(form.get('client_assertion'), jwt)
  assert.equal(form.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  assert.equal(requests[0]?.headers.authorization, undefined)
  const request = { clientId: 'c', endpoint: new URL('https://id.example/t'), signal: asking().signal }
  for (const options of [{}, { audience: 'https://other.example' }]) {
    await federatedToken({ token, ...options }).authenticate({ ...request, issuer: audience })
  }
  assert.deepEqual(asked.slice(-2), [audience, 'https://other.example'])
  const spiffe = await federatedToken({ token, type: 'jwt-spiffe' }).authenticate(request)
  assert.match(new Map(spiffe.parameters).get('client_assertion_type') ?? '', /:jwt-spiffe$/)
})

test('what is no JWT is not sent, and what a function throws is not told', async () => {
  const request = { clientId: 'c', endpoint: new URL('https://id.example/t'), signal: asking().signal }
  for (const token of [() => 'secret', () => '', () => `${jwt}&x=y`, () => ({}) as string, () => `${jwt}\n`]) {
    await assert.rejects(async () => federatedToken({ token }).authenticate(request), fails('secret_unavailable'))
  }
  const failing = () => Promise.reject(new Error(`with ${jwt}`))
  await assert.rejects(
    async () => federatedToken({ token: failing }).authenticate(request),
    (error) => fails('secret_unavailable')(error) && !inspect(error, { depth: 9 }).includes(jwt),
  )
  assert.throws(() => federatedToken({ token: jwt as never }), fails('invalid_configuration'))
  assert.throws(() => federatedToken({ token: () => jwt, type: 'x' as never }), fails('invalid_configuration'))
})

test('Kubernetes: a projected file, read again each time', async (context) => {
  const path = join(directoryOf(context), 'token')
  writeFileSync(path, `${jwt}\n`)
  assert.equal(await tokenFromFile(path)(asking()), jwt)
  writeFileSync(path, 'a.b.c')
  assert.equal(await tokenFromFile(path)(asking()), 'a.b.c')
  await assert.rejects(async () => tokenFromFile(`${path}-none`)(asking()), fails('secret_unavailable'))
  const environment = { AZURE_FEDERATED_TOKEN_FILE: path }
  assert.equal(await azureWorkloadIdentityToken({ environment })(asking()), 'a.b.c')
})

test('GitHub Actions: the request URL of the job, with the audience', async (context) => {
  const { url, requests } = await cannedServer(context, () => ({ body: { count: 1, value: jwt } }))
  const environment = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job-secret',
  }
  assert.equal(await githubActionsToken({ environment })(asking()), jwt)
  assert.equal(requests[0]?.url, `/token?api-version=2.0&audience=${encodeURIComponent(audience)}`)
  assert.equal(requests[0]?.headers.authorization, 'Bearer job-secret')
  await assert.rejects(async () => githubActionsToken({ environment: {} })(asking()), /id-token: write/)
  const plain = { ...environment, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://evil.example/' }
  await assert.rejects(async () => githubActionsToken({ environment: plain })(asking()), fails('insecure_url'))
})

test('a platform that refuses, is away, redirects or answers something else: told without what was sent', async (context) => {
  for (const [answer, code] of [
    [{ status: 403, body: { message: 'job-secret' } }, 'secret_unavailable'],
    [{ status: 503, body: {} }, 'unavailable'],
    [{ status: 302, headers: { location: 'https://evil.example' } }, 'redirect_refused'],
    [{ body: { value: 7 } }, 'secret_unavailable'],
    [{ body: 'no json' }, 'secret_unavailable'],
  ] as const) {
    const { url } = await cannedServer(context, () => answer)
    const environment = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job-secret' }
    await assert.rejects(
      async () => githubActionsToken({ environment })(asking()),
      (error) => fails(code)(error) && !inspect(error, { depth: 9 }).includes('job-secret'),
    )
  }
})

test('Google Cloud: the metadata server, in full format', async (context) => {
  const { url, requests } = await cannedServer(context, () => ({ headers: { 'content-type': 'text/html' }, body: jwt }))
  assert.equal(await googleCloudToken({ environment: {}, fetch: redirected(url) })(asking()), jwt)
  const [seen] = requests
  assert.equal(seen?.headers['x-asked-host'], 'metadata.google.internal')
  assert.equal(seen?.headers['metadata-flavor'], 'Google')
  const query = new URLSearchParams({ audience, format: 'full' })
  assert.equal(seen?.url, `/computeMetadata/v1/instance/service-accounts/default/identity?${query}`)
  const environment = { GCE_METADATA_HOST: 'evil.example' }
  await assert.rejects(async () => googleCloudToken({ environment })(asking()), fails('insecure_url'))
})

test('Azure: IMDS, and the endpoint that App Service names', async (context) => {
  const { url, requests } = await cannedServer(context, () => ({
    body: { access_token: jwt, resource: 'api://mintmark' },
  }))
  const options = { resource: 'api://mintmark', clientId: 'c1' }
  const machine = azureManagedIdentityToken({ ...options, environment: {}, fetch: redirected(url) })
  assert.equal(await machine(asking()), jwt)
  assert.equal(
    requests[0]?.url,
    '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api%3A%2F%2Fmintmark&client_id=c1',
  )
  assert.equal(requests[0]?.headers.metadata, 'true')
  assert.equal(requests[0]?.headers['x-asked-host'], '169.254.169.254')
  const environment = { IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: 'h1' }
  assert.equal(await azureManagedIdentityToken({ ...options, environment })(asking()), jwt)
  assert.match(requests[1]?.url ?? '', /^\/msi\/token\?api-version=2019-08-01&/)
  assert.equal(requests[1]?.headers['x-identity-header'], 'h1')
})

test('AWS: GetWebIdentityToken, signed with what the environment, a container or a function gives', async (context) => {
  const xml = `<GetWebIdentityTokenResponse><GetWebIdentityTokenResult><WebIdentityToken>${jwt}</WebIdentityToken></GetWebIdentityTokenResult></GetWebIdentityTokenResponse>`
  const { url, requests } = await cannedServer(context, ({ method }) =>
    method === 'POST'
      ? { headers: { 'content-type': 'text/xml' }, body: xml }
      : { body: { AccessKeyId: 'AK2', SecretAccessKey: 'SK2', Token: 'ST2', Expiration: '2030-01-01T00:00:00Z' } },
  )
  const currentTime = () => Date.UTC(2026, 10, 21, 5)
  const options = { region: 'eu-west-1', endpoint: `${url}/`, currentTime }
  const fromEnvironment = { AWS_ACCESS_KEY_ID: 'AK1', AWS_SECRET_ACCESS_KEY: 'SK1', AWS_SESSION_TOKEN: 'ST1' }
  assert.equal(await awsToken({ ...options, environment: fromEnvironment })(asking()), jwt)
  const [first] = requests
  const form = Object.fromEntries(new URLSearchParams(first?.body))
  assert.deepEqual(form, {
    Action: 'GetWebIdentityToken',
    Version: '2011-06-15',
    'Audience.member.1': audience,
    DurationSeconds: '300',
    SigningAlgorithm: 'ES384',
  })
  assert.equal(first?.headers['x-amz-date'], '20261121T050000Z')
  assert.equal(first?.headers['x-amz-security-token'], 'ST1')
  assert.match(
    first?.headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AK1\/20261121\/eu-west-1\/sts\/aws4_request, /,
  )
  const container = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod',
  }
  assert.equal(await awsToken({ ...options, environment: container })(asking()), jwt)
  assert.equal(requests[1]?.headers.authorization, 'pod')
  assert.match(requests[2]?.headers.authorization ?? '', /Credential=AK2\//)
  const credentials = async () => ({ accessKeyId: 'AK3', secretAccessKey: 'SK3' })
  assert.equal(await awsToken({ ...options, credentials, environment: {} })(asking()), jwt)
  assert.equal(requests[3]?.headers['x-amz-security-token'], undefined)
  await assert.rejects(async () => awsToken({ ...options, environment: {} })(asking()), fails('secret_unavailable'))
  await assert.rejects(
    async () => awsToken({ region: 'x/../y', environment: {} })(asking()),
    fails('invalid_configuration'),
  )
})

test('AWS: a signature is the one that another implementation makes', async () => {
  const { createHash, createHmac } = await import('node:crypto')
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const request = {
    url: new URL('https://sts.us-east-1.amazonaws.com/'),
    body,
    region: 'us-east-1',
    service: 'sts',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    time: Date.UTC(2015, 7, 30, 12, 36),
  }
  const { authorization } = await signedHeaders(request)
  const sha = (text: string) => createHash('sha256').update(text).digest('hex')
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const names = 'content-type;host;x-amz-date'
  const canonical = `POST\n/\n\ncontent-type:application/x-www-form-urlencoded; charset=utf-8\nhost:sts.us-east-1.amazonaws.com\nx-amz-date:20150830T123600Z\n\n${names}\n${sha(body)}`
  const scope = '20150830/us-east-1/sts/aws4_request'
  const keys = ['20150830', 'us-east-1', 'sts', 'aws4_request']
  const key = keys.reduce<string | Buffer>(mac, `AWS4${request.credentials.secretAccessKey}`)
  const signature = mac(key as Buffer, `AWS4-HMAC-SHA256\n20150830T123600Z\n${scope}\n${sha(canonical)}`).toString(
    'hex',
  )
  assert.equal(
    authorization,
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  )
})
