import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protect } from './protect.ts'
import { type MetadataOptions, metadataResponse, resourceMetadata } from './resource-metadata.ts'

const issuer = 'https://as.test/t/w'
const protectWith = (audience: string, metadata: MetadataOptions | true) => protect({ issuer, audience, metadata })

test('RFC 9728 §3.1: the well-known path is put in front of the path of the resource', () => {
  const places: [string, string][] = [
    ['https://api.test', 'https://api.test/.well-known/oauth-protected-resource'],
    ['https://api.test/', 'https://api.test/.well-known/oauth-protected-resource'],
    ['https://api.test/v1', 'https://api.test/.well-known/oauth-protected-resource/v1'],
    ['https://api.test/v1/', 'https://api.test/.well-known/oauth-protected-resource/v1/'],
    ['https://api.test:8443/a/b', 'https://api.test:8443/.well-known/oauth-protected-resource/a/b'],
    ['http://localhost:6751/mcp', 'http://localhost:6751/.well-known/oauth-protected-resource/mcp'],
  ]
  for (const [resource, url] of places) {
    const { metadata } = protectWith(resource, true)
    assert.equal(metadata?.url, url)
    assert.equal(metadata?.path, new URL(url).pathname)
    assert.equal(metadata?.document.resource, resource)
  }
})

test('RFC 9728 §2: the document says what it was told, and nothing that is not so', () => {
  assert.deepEqual(protectWith('https://api.test', true).metadata?.document, {
    resource: 'https://api.test',
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
  })
  const full = resourceMetadata(
    {
      resource: 'https://api.test/v1',
      scopes: ['a', 'b'],
      name: 'API',
      documentation: 'https://api.test/docs',
      policy: 'https://api.test/policy',
      termsOfService: 'https://api.test/tos',
      more: { resource_signing_alg_values_supported: ['ES256'], resource: 'https://evil.test' },
    },
    'urn:api',
    [issuer, 'https://other.test'],
  )
  assert.deepEqual(full.document, {
    resource_signing_alg_values_supported: ['ES256'],
    resource: 'https://api.test/v1',
    authorization_servers: [issuer, 'https://other.test'],
    scopes_supported: ['a', 'b'],
    bearer_methods_supported: ['header'],
    resource_name: 'API',
    resource_documentation: 'https://api.test/docs',
    resource_policy_uri: 'https://api.test/policy',
    resource_tos_uri: 'https://api.test/tos',
  })
})

test('a resource without a well-known URL has no metadata', () => {
  for (const audience of ['urn:api', 'api', 'https://api.test?a=b', 'https://api.test/?', 'https://api.test#a']) {
    assert.throws(() => protectWith(audience, true), audience)
  }
  assert.throws(() => protectWith('http://api.test', true), { code: 'insecure_url' })
  assert.ok(protectWith('urn:api', { resource: 'https://api.test' }).metadata)
})

test('the metadata answers GET and HEAD of its path and nothing else', () => {
  const metadata = resourceMetadata({}, 'https://api.test/v1', [issuer])
  const { path } = metadata
  const answer = metadataResponse(metadata, { method: 'GET', url: path })
  assert.equal(answer?.status, 200)
  assert.deepEqual(answer?.headers, {
    'Content-Type': 'application/json',
    'Cache-Control': 'public, max-age=3600',
    'Access-Control-Allow-Origin': '*',
  })
  assert.deepEqual(JSON.parse(answer?.body ?? ''), metadata.document)
  assert.equal(metadataResponse(metadata, { method: 'HEAD', url: path })?.body, '')
  for (const url of [`${path}?a=b`, `${path}?`, `https://api.test${path}`, `HTTP://other.test${path}?x=/`]) {
    assert.equal(metadataResponse(metadata, { method: 'GET', url })?.status, 200, url)
  }
  for (const url of ['/', `${path}/`, `/${path}`, path.toUpperCase(), path.replace('/v1', '/%761'), `/x${path}`, '']) {
    assert.equal(metadataResponse(metadata, { method: 'GET', url }), undefined, url)
  }
  for (const method of ['POST', 'OPTIONS', 'get', 'DELETE']) {
    assert.equal(metadataResponse(metadata, { method, url: path }), undefined, method)
  }
})
