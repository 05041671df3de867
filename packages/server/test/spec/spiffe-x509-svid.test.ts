import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from '@peculiar/x509'
import { decodeJwt } from 'jose'
import { generate } from 'selfsigned'
import { thumbprintOf } from '../../src/certificates/certificate.ts'
import { authority, clientPurpose, type Issued, issue, serverPurpose } from '../certificates.ts'
import { casesFounding } from '../fixtures.ts'
import { startMtlsServer } from '../mtls-fixture.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'
import { authorityKey, bundleOf, issueSvid, svidExtensions, trustDomainAuthority } from '../svids.ts'
import type { ClientIdentity } from '../tls-request.ts'

const domain = 'spiffe://example.org'
const id = `${domain}/ns/billing/sa/invoices`
const root = await trustDomainAuthority(domain)
const other = await trustDomainAuthority('spiffe://other.example')
const stranger = await trustDomainAuthority(domain)
const anchor = await issue({ subject: 'CN=Anchor', extensions: authority() })
const svid = await issueSvid(id, root)

const made = await generate([{ name: 'commonName', value: 'localhost' }], {
  keyType: 'ec',
  algorithm: 'sha256',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
})
const directory = mkdtempSync(join(tmpdir(), 'mintmark-bundle-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const caFile = join(directory, 'ca.pem')
writeFileSync(caFile, made.cert)

const server = await startMtlsServer({ after }, [anchor], {
  outboundAllowed: '127.0.0.0/8, ::1',
  outboundCaFile: caFile,
  proxyAddresses: '127.0.0.1, ::1',
  proxyCertificateHeader: 'client-cert',
})
const { call, send, clock } = server

type Wanted = { readonly sub?: string; readonly match?: object; readonly method?: string; readonly more?: object }

const addClient = async (client: string, trust: string, { sub = id, match, method, more }: Wanted = {}) => {
  const permissions = casesFounding.clients.cb?.permissions ?? []
  const methods = [method ?? 'spiffe_x509']
  const input = { id: client, capabilities: ['client_credentials'], permissions, authenticationMethods: methods }
  const created = await call('createClient', {}, { input: { ...input, ...more } })
  assert.equal(created.status, 201, created.text)
  const federation = { trust, match: [match ?? { claim: 'sub', equals: sub }] }
  const added = await call('createFederation', { client }, { input: federation as never })
  assert.equal(added.status, 201, added.text)
}

const addTrust = async (name: string, issuer: string, jwks: object, more: object = {}): Promise<void> => {
  const input = { id: name, issuer, keys: { type: 'jwks', jwks }, ...more }
  const created = await call('createTrust', {}, { input: input as never })
  assert.equal(created.status, 201, created.text)
}

await addTrust('mesh', domain, bundleOf([root]))
await addTrust('elsewhere', 'spiffe://other.example', bundleOf([other]))
await addClient('invoices', 'mesh')

const form = (client: string) => ({ grant_type: 'client_credentials', client_id: client })
const ask = (client: string, identity?: ClientIdentity) => send('/oauth2/token', form(client), identity)

const claimsOf = async (response: Response) => {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return decodeJwt((JSON.parse(text) as { readonly access_token: string }).access_token)
}

const assertRejected = async (
  sending: Promise<Response>,
  check: string,
  [status, code]: readonly [number, string] = [401, 'invalid_client'],
): Promise<void> => {
  const before = await issuedCount(server)
  const response = await sending
  assert.equal((await refusalEvent(server, response)).check, check)
  await assertRefused(response, status, code)
  assert.equal(await issuedCount(server), before)
}

describe('draft-ietf-oauth-spiffe-client-auth: an X.509-SVID proves who a client is', () => {
  test('named by its SPIFFE id, or by the id of the client', async () => {
    for (const name of [id, 'invoices']) {
      const claims = await claimsOf(await ask(name, svid))
      assert.equal(claims.client_id, 'invoices')
      assert.equal(claims.cnf, undefined)
    }
  })

  test('its token is bound to the certificate where that is switched on', async () => {
    const sub = `${domain}/bound`
    await addClient('bound', 'mesh', { sub, more: { certificateBoundAccessTokens: true } })
    const own = await issueSvid(sub, root)
    assert.deepEqual((await claimsOf(await ask(sub, own))).cnf, { 'x5t#S256': thumbprintOf(own.der) })
  })

  test('behind a proxy that sends it in a header, on the public listener', async () => {
    const headers = { 'client-cert': `:${svid.der.toString('base64')}:` }
    const behind = (client: string) =>
      send('/oauth2/token', form(client), undefined, { headers, base: server.publicUrl })
    assert.equal((await claimsOf(await behind(id))).client_id, 'invoices')
    await assertRejected(behind(`${domain}/another`), 'svid-client-id')
  })

  test('through an intermediate CA that the client sends, and not without it', async () => {
    const middle = await issue({ subject: 'CN=Issuing', extensions: authority(0), by: root })
    const own = await issueSvid(id, middle)
    assert.equal((await ask(id, { ...own, cert: own.cert + middle.cert })).status, 200)
    await assertRejected(ask(id, own), 'certificate-trusted')
  })

  test('client_id is needed, and it names who the certificate is of', async () => {
    await assertRejected(send('/oauth2/token', { grant_type: 'client_credentials' }, svid), 'authentication-present')
    await assertRejected(ask(`${domain}/ns/billing/sa/other`, svid), 'svid-client-id')
    await assertRejected(ask('nobody', svid), 'certificate-trusted')
    const unknown = `${domain}/unknown`
    await assertRejected(ask(unknown, await issueSvid(unknown, root)), 'federated-client-known')
  })

  test('another workload of the trust domain is another client, or none', async () => {
    await assertRejected(ask('invoices', await issueSvid(`${domain}/ns/billing/sa/x`, root)), 'federated-matchers-hold')
    await assertRejected(ask('invoices', await issueSvid(`${id}/x`, root)), 'federated-matchers-hold')
  })

  test('exactly one URI, and it is the SPIFFE id of a workload', async () => {
    const wrong = [
      [id, `${domain}/second`],
      [id, 'https://example.org/'],
      [id, id],
      [],
      ['https://example.org/ns/billing/sa/invoices'],
      [domain],
      [`${domain}/`],
      [`${domain}/a/../b`],
      ['SPIFFE://example.org/ns/billing/sa/invoices'],
      ['spiffe://Example.org/ns/billing/sa/invoices'],
      ['spiffe://example.org:8080/a'],
      [`${id}?a=b`],
      [`${id}#a`],
      ['spiffe://example.org/%69nvoices'],
    ]
    for (const ids of wrong) await assertRejected(ask('invoices', await issueSvid(id, root, { ids })), 'svid-sole-uri')
  })

  test('a CA, one that may vouch for others, and one that may not sign', async () => {
    const leaf = new BasicConstraintsExtension(false, undefined, true)
    const { digitalSignature, keyCertSign, cRLSign, keyAgreement } = KeyUsageFlags
    const cases = [
      ['svid-leaf', [new BasicConstraintsExtension(true, undefined, true), ...svidExtensions.slice(1)]],
      ['svid-key-usage', [leaf, new KeyUsagesExtension(keyAgreement, true), clientPurpose]],
      ['svid-key-usage', [leaf, new KeyUsagesExtension(digitalSignature | keyCertSign, true), clientPurpose]],
      ['svid-key-usage', [leaf, new KeyUsagesExtension(digitalSignature | cRLSign, true), clientPurpose]],
      ['svid-key-usage', [leaf, clientPurpose]],
      ['certificate-purpose', [leaf, new KeyUsagesExtension(digitalSignature, true), serverPurpose]],
    ] as const
    for (const [check, extensions] of cases) {
      await assertRejected(ask('invoices', await issueSvid(id, root, { extensions })), check)
    }
  })

  test('by the CA of another trust domain, by a stranger of the same name, by a trust anchor of the workspace, by itself', async () => {
    for (const by of [other, stranger, anchor, undefined]) {
      const own = await (by === undefined
        ? issue({ names: [{ type: 'url', value: id }], extensions: svidExtensions, notAfter: 3_600_000 })
        : issueSvid(id, by))
      await assertRejected(ask('invoices', own), 'certificate-trusted')
    }
    const unknown = 'spiffe://unknown.example/a'
    await assertRejected(ask('invoices', await issueSvid(unknown, root)), 'svid-trust-domain')
  })

  test('a CA of one trust domain speaks for no other', async () => {
    const sub = 'spiffe://other.example/ns/billing/sa/invoices'
    await addClient('neighbour', 'elsewhere', { sub })
    assert.equal((await ask(sub, await issueSvid(sub, other))).status, 200)
    await assertRejected(ask(sub, await issueSvid(sub, root)), 'certificate-trusted')
  })

  test('expired, not yet valid, and longer than the trust takes', async () => {
    const minute = 60_000
    const day = 86_400_000
    await assertRejected(
      ask('invoices', await issueSvid(id, root, { notBefore: -day, notAfter: -minute })),
      'certificate-in-time',
    )
    await assertRejected(ask('invoices', await issueSvid(id, root, { notBefore: minute })), 'certificate-in-time')
    await assertRejected(ask('invoices', await issueSvid(id, root, { notAfter: 2 * day })), 'svid-lifetime')
  })

  test('two clients that a SPIFFE id matches are none; the request can name one of them', async () => {
    const sub = `${domain}/shared`
    await addClient('one', 'mesh', { sub })
    await addClient('two', 'mesh', { sub })
    const own = await issueSvid(sub, root)
    await assertRejected(ask(sub, own), 'federated-client-sole')
    assert.equal((await claimsOf(await ask('two', own))).client_id, 'two')
  })

  test('what only a token says, no certificate says', async () => {
    const sub = `${domain}/narrow`
    await addClient('narrow', 'mesh', { sub })
    const match = [
      { claim: 'sub', equals: sub },
      { claim: 'region', equals: 'eu' },
    ]
    const listed = await call('listFederations', { client: 'narrow' })
    const [known] = (listed.body as unknown as { readonly items: readonly { readonly id: string }[] }).items
    const added = await call('createFederation', { client: 'narrow' }, { input: { trust: 'mesh', match } as never })
    assert.equal(added.status, 201, added.text)
    const removed = await call('deleteFederation', { client: 'narrow', federation: known?.id ?? '' })
    assert.equal(removed.status, 200, removed.text)
    await assertRejected(ask('narrow', await issueSvid(sub, root)), 'federated-matchers-hold')
  })
})

describe('a certificate proves only those who are registered for X.509-SVIDs', () => {
  test('a client of JWT-SVIDs is not let in by a certificate', async () => {
    const sub = `${domain}/tokens`
    await addClient('tokens', 'mesh', { sub, method: 'federated' })
    const own = await issueSvid(sub, root)
    await assertRejected(ask(sub, own), 'certificate-trusted')
    await assertRejected(ask('tokens', own), 'certificate-trusted')
  })

  test('a client whose own id is its SPIFFE id, however it is registered', async () => {
    const sub = `${domain}/itself`
    await addClient(sub, 'mesh', { sub })
    assert.equal((await claimsOf(await ask(sub, await issueSvid(sub, root)))).client_id, sub)
    const tls = `${domain}/tls`
    const credential = { type: 'certificate-subject', match: 'san-uri', value: tls }
    await server.enroll(tls, 'tls_client_auth', credential)
    const own = await issue({ names: [{ type: 'url', value: tls }], by: anchor })
    assert.equal((await claimsOf(await ask(tls, own))).client_id, tls)
  })

  test('a client of both ways is let in by either certificate', async () => {
    const sub = `${domain}/both`
    await addClient('both', 'mesh', { sub, more: { authenticationMethods: ['tls_client_auth', 'spiffe_x509'] } })
    const input = { type: 'certificate-subject', match: 'san-dns', value: 'both.example' } as const
    assert.equal((await call('createClientKey', { client: 'both' }, { input })).status, 201)
    assert.equal((await ask('both', await issueSvid(sub, root))).status, 200)
    const named = await issue({ names: [{ type: 'dns', value: 'both.example' }], by: anchor })
    assert.equal((await ask('both', named)).status, 200)
  })

  test('metadata names the way', async () => {
    const metadata = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)
    const { token_endpoint_auth_methods_supported: methods } = (await metadata.json()) as Record<string, string[]>
    assert.ok(methods?.includes('spiffe_x509'))
  })
})

describe('administrators are told what a certificate would be', () => {
  const tested = async (text: string) => (await call('testFederation', {}, { input: { token: text } })).body

  test('which client, without using anything up', async () => {
    const found = await tested(svid.cert)
    assert.deepEqual([found.outcome, found.client], ['client', 'invoices'])
    assert.equal(found.token?.subject, id)
    assert.equal(found.token?.issuer, domain)
    const middle = await issue({ subject: 'CN=Issuing', extensions: authority(0), by: root })
    assert.equal((await tested((await issueSvid(id, middle)).cert + middle.cert)).outcome, 'client')
  })

  test('and why it would be nobody', async () => {
    const reasonOf = async (text: string) => {
      const { outcome, reason, trusts } = await tested(text)
      assert.equal(outcome, 'refused')
      return [reason, ...trusts.map(({ problem }) => problem)].join('; ')
    }
    assert.match(await reasonOf((await issueSvid(id, other)).cert), /no CA in the bundle of the trust vouches for it/)
    assert.match(await reasonOf((await issueSvid(id, root, { ids: [id, id] })).cert), /exactly one URI/)
    assert.match(
      await reasonOf((await issueSvid(id, root, { notAfter: 2 * 86_400_000 })).cert),
      /longer than the trust/,
    )
    assert.match(await reasonOf(svid.cert.replace('MI', '')), /no certificate that can be read/)
    const tokens = `${domain}/only-tokens`
    await addClient('only-tokens', 'mesh', { sub: tokens, method: 'federated' })
    assert.match(await reasonOf((await issueSvid(tokens, root)).cert), /do not include spiffe_x509/)
  })
})

describe('the trust', () => {
  const fresh = async (name: string, bundle: object, more: object = {}) => {
    const trustDomain = `spiffe://${name}.example`
    const ca = await trustDomainAuthority(trustDomain)
    await addTrust(name, trustDomain, { ...bundleOf([ca]), ...bundle }, more)
    await addClient(name, name, { sub: `${trustDomain}/w` })
    return { sub: `${trustDomain}/w`, own: await issueSvid(`${trustDomain}/w`, ca), ca }
  }

  test('disabled, it lets nobody in; enabled again, it does', async () => {
    const { sub, own } = await fresh('switched', {})
    const update = async (enabled: boolean) =>
      assert.equal((await call('updateTrust', { trust: 'switched' }, { input: { enabled } })).status, 200)
    await update(false)
    await assertRejected(ask(sub, own), 'trust-enabled')
    await update(true)
    assert.equal((await ask(sub, own)).status, 200)
  })

  test('its tokens end with the certificate where the trust says so', async () => {
    const { sub, own } = await fresh('bounded', {}, { boundLifetime: true })
    const { exp = 0 } = await claimsOf(await ask(sub, own))
    assert.ok(exp * 1000 <= Date.now() + 3_600_000 + 2000)
    const brief = await fresh('brief', {}, { boundLifetime: true })
    const short = await issueSvid(brief.sub, brief.ca, { notAfter: 120_000 })
    const answer = (await (await ask(brief.sub, short)).json()) as { readonly expires_in: number }
    assert.ok(answer.expires_in <= 121 && answer.expires_in > 60, String(answer.expires_in))
  })

  test('a bundle with CAs alone is taken, comes out as it went in, and one of nothing is refused', async () => {
    const { body } = await call('showTrust', { trust: 'mesh' })
    const { keys } = body as unknown as { readonly keys: { readonly authorities: readonly string[] } }
    assert.deepEqual(keys.authorities, [root.der.toString('base64')])
    const exported = await call('exportDocument', {})
    const { trusts } = exported.body as unknown as { readonly trusts: Record<string, { readonly keys: unknown }> }
    assert.deepEqual(trusts.mesh?.keys, { type: 'jwks', jwks: { keys: [authorityKey(root)] } })
    const noCa = await issue({ names: [{ type: 'url', value: domain }] })
    const useless = [
      bundleOf([noCa]),
      { keys: [{ ...authorityKey(root), x5c: [root.der.toString('base64'), other.der.toString('base64')] }] },
      { keys: [{ ...authorityKey(root), x5c: ['!'] }] },
      { keys: [{ ...authorityKey(root), use: 'tls' }] },
    ]
    for (const jwks of useless) {
      const input = { id: 'useless', issuer: 'spiffe://useless.example', keys: { type: 'jwks', jwks } }
      assert.equal((await call('createTrust', {}, { input: input as never })).status, 400)
    }
  })
})

describe('a bundle endpoint', () => {
  const state: { bundle: unknown; asked: number } = { bundle: {}, asked: 0 }
  const listener = createServer({ cert: made.cert, key: made.private }, (_request, response) => {
    state.asked += 1
    if (state.bundle === undefined) response.writeHead(500)
    response.end(state.bundle === undefined ? '' : JSON.stringify(state.bundle))
  })
  after(() => {
    listener.close()
    listener.closeAllConnections()
  })
  const start = async (name: string, ca: Issued): Promise<string> => {
    if (!listener.listening) await new Promise<void>((resolve) => listener.listen(0, 'localhost', () => resolve()))
    const address = listener.address()
    const uri = `https://localhost:${typeof address === 'object' ? address?.port : 0}/${name}.json`
    const issuer = `spiffe://${name}.example`
    const input = { id: name, issuer, keys: { type: 'jwks-uri' as const, uri } }
    assert.equal((await call('createTrust', {}, { input })).status, 201)
    await addClient(name, name, { sub: `${issuer}/w` })
    Object.assign(state, { bundle: bundleOf([ca]), asked: 0 })
    return `${issuer}/w`
  }

  test('is asked once, and anew for a CA that is not known; a CA that left lets nobody in any more', async () => {
    const [first, second] = [
      await trustDomainAuthority('spiffe://r1.example'),
      await trustDomainAuthority('spiffe://r1.example'),
    ]
    const sub = await start('r1', first)
    const own = await issueSvid(sub, first)
    for (let time = 0; time < 3; time++) assert.equal((await ask(sub, own)).status, 200)
    assert.equal(state.asked, 1)
    state.bundle = bundleOf([second])
    const next = await issueSvid(sub, second)
    await assertRejected(ask(sub, next), 'certificate-trusted')
    clock.advance(31_000)
    assert.equal((await ask(sub, next)).status, 200)
    assert.equal(state.asked, 2)
    await assertRejected(ask(sub, own), 'certificate-trusted')
  })

  test('says how often it wants to be asked, between half a minute and an hour', async () => {
    const ca = await trustDomainAuthority('spiffe://r2.example', { notAfter: 86_400_000 })
    const sub = await start('r2', ca)
    const hints = [
      { hint: 60, kept: 59_000, asked: 61_000 },
      { hint: 1, kept: 29_000, asked: 31_000 },
      { hint: 1e9, kept: 3_590_000, asked: 3_610_000 },
      { hint: undefined, kept: 290_000, asked: 310_000 },
      { hint: -5, kept: 290_000, asked: 310_000 },
    ]
    for (const { hint, kept, asked } of hints) {
      state.bundle = bundleOf([ca], hint === undefined ? {} : { spiffe_refresh_hint: hint })
      clock.advance(3_700_000)
      const own = async () =>
        issueSvid(sub, ca, {
          notBefore: clock.now() - Date.now() - 60_000,
          notAfter: clock.now() - Date.now() + 3_600_000,
        })
      assert.equal((await ask(sub, await own())).status, 200)
      const before = state.asked
      clock.advance(kept)
      assert.equal((await ask(sub, await own())).status, 200)
      assert.equal(state.asked, before, `${hint}`)
      clock.advance(asked - kept)
      assert.equal((await ask(sub, await own())).status, 200)
      assert.equal(state.asked, before + 1, `${hint}`)
    }
  })

  test('SPIFFE: one that cannot be had decides nothing: 503 and no token', async () => {
    const ca = await trustDomainAuthority('spiffe://r3.example', { notAfter: 86_400_000 })
    const sub = await start('r3', ca)
    state.bundle = undefined
    const own = await issueSvid(sub, ca, {
      notBefore: clock.now() - Date.now() - 60_000,
      notAfter: clock.now() - Date.now() + 3_600_000,
    })
    const response = await ask(sub, own)
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    assert.equal((await refusalEvent(server, response)).check, 'trust-keys-available')
    await assertRefused(response, 503, 'temporarily_unavailable')
  })
})
