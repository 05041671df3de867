import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Extension, KeyUsageFlags, KeyUsagesExtension } from '@peculiar/x509'
import { decodeJwt } from 'jose'
import { authority, clientPurpose, type Issued, issue, revocationList, serverPurpose } from '../certificates.ts'
import { startMtlsServer } from '../mtls-fixture.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'
import type { ClientIdentity } from '../tls-request.ts'

const day = 86_400_000
const root = await issue({ subject: 'CN=Root,O=Acme', extensions: authority() })
const middle = await issue({ subject: 'CN=Issuing,O=Acme', extensions: authority(0), by: root })
const stranger = await issue({ subject: 'CN=Root,O=Acme', extensions: authority() })
const listed = await issue({ subject: 'CN=Listed', extensions: authority() })

const directory = mkdtempSync(join(tmpdir(), 'mintmark-crl-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const crlFile = join(directory, 'revoked.pem')
const writeList = async (revoked: readonly Issued[], more = {}) =>
  writeFileSync(crlFile, await revocationList(listed, revoked, more))
await writeList([])

const server = await startMtlsServer({ after }, [root, listed], { mtlsCrlFile: crlFile })
const { call, send, enroll, ca } = server

const subject = 'CN=cm,OU=Jobs,O=Acme,C=FR'
const names = [{ type: 'dns' as const, value: 'svc.example' }]
const cm = await issue({ subject, extensions: [clientPurpose], by: root })
await enroll('cm', 'tls_client_auth', { type: 'certificate-subject', match: 'subject-dn', value: subject })
await enroll('cm3', 'tls_client_auth', { type: 'certificate-subject', match: 'san-dns', value: 'svc.example' })

const thumbprint = ({ der }: Issued): string => createHash('sha256').update(der).digest('base64url')
const tokenForm = (client: string) => ({ grant_type: 'client_credentials', client_id: client })
const ask = (client: string, identity?: ClientIdentity) => send('/oauth2/token', tokenForm(client), identity)

const tokenOf = async (response: Response): Promise<string> => {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const body = JSON.parse(text) as { readonly access_token: string; readonly token_type: string }
  assert.equal(body.token_type, 'Bearer')
  return body.access_token
}

/** Refused, with this check for the operator, and no token issued. */
const assertRejected = async (
  sending: Promise<Response>,
  check: string,
  [status, code]: readonly [number, string] = [401, 'invalid_client'],
): Promise<void> => {
  const before = await issuedCount(server)
  const response = await sending
  const event = await refusalEvent(server, response)
  assert.equal(event.check, check)
  await assertRefused(response, status, code)
  assert.equal(await issuedCount(server), before)
}

describe('RFC 8705 §2.1: a certificate by a CA of the workspace', () => {
  test('SEC-094: the registered subject is let in, and its token is bound to nothing unless that is switched on', async () => {
    assert.equal(decodeJwt(await tokenOf(await ask('cm', cm))).cnf, undefined)
  })

  test('SEC-095: another subject by the same CA, or one that contains the registered one', async () => {
    for (const other of ['CN=other', 'CN=cm', `${subject},DC=x`, 'CN=cm,OU=Jobs,O=Acme', 'C=FR,O=Acme,OU=Jobs,CN=cm']) {
      await assertRejected(ask('cm', await issue({ subject: other, by: root })), 'certificate-subject')
    }
    await assertRejected(
      ask('cm', await issue({ subject: 'CN=CM,OU=Jobs,O=Acme,C=FR', by: root })),
      'certificate-subject',
    )
  })

  test('SEC-097: without client_id nobody is named, and nobody is found', async () => {
    await assertRejected(send('/oauth2/token', { grant_type: 'client_credentials' }, cm), 'authentication-present')
    await assertRejected(ask('nobody', cm), 'certificate-subject')
  })

  test('SEC-099: a client known by a DNS name is known by that name alone, where it belongs', async () => {
    await tokenOf(await ask('cm3', await issue({ subject: 'CN=any', names, by: root })))
    const others = [
      { subject: 'CN=svc.example' },
      { names: [{ type: 'dns' as const, value: '*.example' }] },
      { names: [{ type: 'url' as const, value: 'svc.example' }] },
      { names: [{ type: 'email' as const, value: 'svc.example' }] },
      { names: [{ type: 'dns' as const, value: 'a.svc.example' }] },
      { subject: 'CN=cm3' },
    ]
    for (const other of others)
      await assertRejected(ask('cm3', await issue({ ...other, by: root })), 'certificate-subject')
  })

  test('each kind of name, as far as case and form do not count', async () => {
    const kinds = [
      ['san-uri', 'spiffe://acme/billing', { type: 'url', value: 'spiffe://acme/billing' }, 'spiffe://acme/Billing'],
      ['san-email', 'ops@ACME.example', { type: 'email', value: 'ops@acme.EXAMPLE' }, 'Ops@acme.example'],
      ['san-ip', '2001:DB8::0:1', { type: 'ip', value: '2001:db8::1' }, '2001:db8::2'],
      ['san-ip', '192.0.2.7', { type: 'ip', value: '192.0.2.7' }, '192.0.2.8'],
      ['san-dns', 'SVC.example', { type: 'dns', value: 'svc.EXAMPLE' }, 'svc2.example'],
    ] as const
    for (const [index, [match, value, name, other]] of kinds.entries()) {
      const id = `kind-${index}`
      await enroll(id, 'tls_client_auth', { type: 'certificate-subject', match, value })
      await tokenOf(await ask(id, await issue({ names: [name], by: root })))
      const wrong = await issue({ names: [{ ...name, value: other }], by: root })
      await assertRejected(ask(id, wrong), 'certificate-subject')
    }
  })

  test('a name that could mean several, or that is none of its kind, is not registered', async () => {
    const wrong = [
      ['san-dns', '*.example'],
      ['san-dns', 'a b'],
      ['san-ip', '10.0.0.0/8'],
      ['san-uri', 'billing'],
      ['san-email', 'ops'],
      ['subject-dn', 'billing'],
      ['subject-dn', 'CN=a,'],
    ]
    for (const [match, value] of wrong) {
      const input = { type: 'certificate-subject', match, value }
      assert.equal((await call('createClientKey', { client: 'cm' }, { input })).status, 400, `${match} ${value}`)
    }
  })

  test('through an intermediate CA that the client sends, and not without it', async () => {
    const under = await issue({ subject, by: middle })
    await tokenOf(await ask('cm', { ...under, cert: under.cert + middle.cert }))
    // Not a second time by what an earlier connection brought.
    await assertRejected(ask('cm', under), 'certificate-trusted')
  })

  test('SEC-100: expired, not yet valid, or by a CA that the workspace does not know', async () => {
    const times = [
      { notBefore: -2 * day, notAfter: -1000 },
      { notBefore: day, notAfter: 2 * day },
    ]
    for (const time of times) {
      await assertRejected(ask('cm', await issue({ subject, by: root, ...time })), 'certificate-in-time')
    }
    for (const by of [stranger, undefined]) {
      await assertRejected(
        ask('cm', await issue({ subject, ...(by === undefined ? {} : { by }) })),
        'certificate-trusted',
      )
    }
    const forged = await issue({ subject, by: stranger })
    await assertRejected(ask('cm', { ...forged, cert: forged.cert + root.cert }), 'certificate-trusted')
    await assertRejected(ask('cm', { ...forged, cert: forged.cert + stranger.cert }), 'certificate-trusted')
  })

  test('RFC 5280: by one who may not issue, for another purpose, or with what we cannot judge', async () => {
    const notAuthority = await issue({ subject: 'CN=leaf', by: root })
    const noSigning = await issue({
      subject: 'CN=No Signing',
      extensions: [...authority().slice(0, 1), new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
      by: root,
    })
    const tooDeep = await issue({ subject: 'CN=Deep', extensions: authority(), by: middle })
    const ended = await issue({
      subject: 'CN=Ended',
      extensions: authority(),
      by: root,
      notAfter: -1000,
      notBefore: -day,
    })
    // Permits names below example.com alone: 2.5.29.30.
    const constraint = new Extension('2.5.29.30', false, Buffer.from('3011a00f300d820b6578616d706c652e636f6d', 'hex'))
    const constrained = await issue({ subject: 'CN=Narrow', extensions: [...authority(), constraint], by: root })
    const chains = [[notAuthority], [noSigning], [tooDeep, middle], [ended], [constrained]]
    for (const chain of chains) {
      const [by] = chain
      const leaf = await issue({ subject, ...(by === undefined ? {} : { by }) })
      const cert = [leaf, ...chain].map(({ cert }) => cert).join('')
      await assertRejected(ask('cm', { ...leaf, cert }), 'certificate-trusted')
    }
    const leaves = [
      [[serverPurpose], 'certificate-purpose'],
      [[new KeyUsagesExtension(KeyUsageFlags.keyAgreement, true)], 'certificate-key-usage'],
      [[new Extension('1.2.3.4', true, Buffer.from('0500', 'hex'))], 'certificate-extensions'],
    ] as const
    for (const [extensions, check] of leaves) {
      await assertRejected(ask('cm', await issue({ subject, extensions, by: root })), check)
    }
  })

  test('the clock decides at each request, also on an open connection', async () => {
    const soon = await issue({ subject, by: root, notAfter: 30_000 })
    await tokenOf(await ask('cm', soon))
    server.clock.advance(60_000)
    await assertRejected(ask('cm', soon), 'certificate-in-time')
  })

  test('a workspace that trusts nobody lets nobody in, and a trust anchor must be a CA', async () => {
    const before = await call('showWorkspace')
    const wrong = await call('updateWorkspace', {}, { input: { trustAnchors: [cm.cert] } })
    assert.equal(wrong.status, 400, wrong.text)
    await call('updateWorkspace', {}, { input: { trustAnchors: [] } })
    await assertRejected(ask('cm', cm), 'certificate-trusted')
    await call('updateWorkspace', {}, { input: { trustAnchors: before.body.trustAnchors } })
    await tokenOf(await ask('cm', cm))
  })
})

describe('revocation lists', () => {
  test('a revoked certificate is refused, from the moment the list is read', async () => {
    const revoked = await issue({ subject, by: listed })
    await tokenOf(await ask('cm', revoked))
    await writeList([revoked])
    await server.renewTls()
    await assertRejected(ask('cm', revoked), 'certificate-revoked')
    await tokenOf(await ask('cm', await issue({ subject, by: listed })))
  })

  test('a list that is out of date, or that another key signed, decides nothing: 503 and no token', async () => {
    const good = await issue({ subject, by: listed })
    const undecided = [503, 'temporarily_unavailable'] as const
    for (const more of [{ thisUpdate: -2 * day, nextUpdate: -1000 }, { signedBy: stranger }, { thisUpdate: day }]) {
      await writeList([], more)
      await server.renewTls()
      await assertRejected(ask('cm', good), 'certificate-revocation-list-current', undecided)
      await tokenOf(await ask('cm', cm))
    }
    writeFileSync(crlFile, 'nothing')
    await assert.rejects(server.renewTls(), { name: 'TlsError' })
    await writeList([])
    await server.renewTls()
    await tokenOf(await ask('cm', good))
  })
})

describe('RFC 8705 §2.2: a certificate that is registered itself', () => {
  test('SEC-101: the registered one, and no other of the same subject', async () => {
    const own = await issue({ subject: 'CN=cs' })
    const jwk = { ...(await crypto.subtle.exportKey('jwk', own.keys.publicKey)), x5c: [own.der.toString('base64')] }
    await enroll('cs', 'self_signed_tls_client_auth', { type: 'certificate', jwk })
    await tokenOf(await ask('cs', own))
    await assertRejected(ask('cs', await issue({ subject: 'CN=cs' })), 'certificate-registered')
    await assertRejected(ask('cs', await issue({ subject: 'CN=cs', by: root })), 'certificate-registered')
    await assertRejected(ask('cs', await issue({ subject: 'CN=cs', keys: own.keys })), 'certificate-registered')
  })

  test('one that is staged or retired proves nothing, by itself or by its name; one that drains does', async () => {
    const own = await issue({ subject: 'CN=cs-moving' })
    const named = await issue({ subject: 'CN=cm-moving', by: root })
    await enroll('cs-moving', 'self_signed_tls_client_auth', { type: 'certificate', certificate: own.cert })
    const subject = { type: 'certificate-subject', match: 'subject-dn', value: 'CN=cm-moving' }
    await enroll('cm-moving', 'tls_client_auth', subject)
    for (const [client, certificate, check] of [
      ['cs-moving', own, 'certificate-registered'],
      ['cm-moving', named, 'certificate-subject'],
    ] as const) {
      const credential = (await call('listCredentials', { client })).body.items[0]?.id ?? ''
      for (const state of ['staged', 'live', 'retired', 'draining']) {
        const reply = await call('changeCredentialState', { client, credential }, { input: { state } })
        assert.equal(reply.status, 200, reply.text)
        if (state === 'live' || state === 'draining') await tokenOf(await ask(client, certificate))
        else await assertRejected(ask(client, certificate), check)
      }
    }
  })

  test('by PEM, by thumbprint, and by its public key, which a renewed certificate keeps', async () => {
    const [pem, print, key] = [await issue({}), await issue({}), await issue({})]
    const jwk = await crypto.subtle.exportKey('jwk', key.keys.publicKey)
    await enroll('cs-pem', 'self_signed_tls_client_auth', { type: 'certificate', certificate: pem.cert })
    await enroll('cs-print', 'self_signed_tls_client_auth', { type: 'certificate', thumbprint: thumbprint(print) })
    await enroll('cs-key', 'self_signed_tls_client_auth', { type: 'certificate', jwk })
    await tokenOf(await ask('cs-pem', pem))
    await tokenOf(await ask('cs-print', print))
    await tokenOf(await ask('cs-key', key))
    await tokenOf(await ask('cs-key', await issue({ subject: 'CN=renewed', keys: key.keys })))
    await assertRejected(ask('cs-key', pem), 'certificate-registered')
    await assertRejected(ask('cs-pem', print), 'certificate-registered')
    const [kept] = (await call('listClientKeys', { client: 'cs-pem' })).body.items
    assert.ok(kept?.type === 'certificate' && kept.digest === thumbprint(pem) && kept.subject === 'CN=client')
    assert.ok(Math.abs(Date.parse(kept.expires ?? '') - Date.now() - 10 * day) < 60_000)
  })

  test('its time counts, and it is refused from the moment it is removed', async () => {
    const ended = await issue({ notBefore: -2 * day, notAfter: -1000 })
    await enroll('cs-ended', 'self_signed_tls_client_auth', { type: 'certificate', thumbprint: thumbprint(ended) })
    await assertRejected(ask('cs-ended', ended), 'certificate-in-time')
    const own = await issue({})
    await enroll('cs-gone', 'self_signed_tls_client_auth', { type: 'certificate', certificate: own.cert })
    await tokenOf(await ask('cs-gone', own))
    const [item] = (await call('listClientKeys', { client: 'cs-gone' })).body.items
    assert.equal((await call('deleteClientKey', { client: 'cs-gone', key: item?.id ?? '' })).status, 200)
    await assertRejected(ask('cs-gone', own), 'certificate-registered')
  })

  test('a client with both kinds is let in by either: it moves from one to the other', async () => {
    const own = await issue({ subject: 'CN=moves' })
    const value = 'CN=moves'
    await enroll('moves', 'tls_client_auth', { type: 'certificate-subject', match: 'subject-dn', value })
    await call('createClientKey', { client: 'moves' }, { input: { type: 'certificate', certificate: own.cert } })
    const authenticationMethods = ['tls_client_auth', 'self_signed_tls_client_auth']
    await call('updateClient', { client: 'moves' }, { input: { authenticationMethods } })
    await tokenOf(await ask('moves', own))
    await tokenOf(await ask('moves', await issue({ subject: value, by: root })))
    await assertRejected(ask('moves', await issue({ subject: value, by: stranger })), 'certificate-trusted')
  })

  test('a text that is no certificate, several at once and a private key are not registered', async () => {
    const { privateKey } = cm.keys
    const inputs = [
      { certificate: 'nothing' },
      { certificate: cm.cert + root.cert },
      { certificate: cm.key },
      { certificate: cm.cert, thumbprint: thumbprint(cm) },
      {},
      { jwk: await crypto.subtle.exportKey('jwk', privateKey) },
      { jwk: { ...(await crypto.subtle.exportKey('jwk', cm.keys.publicKey)), x5c: [root.der.toString('base64')] } },
    ]
    for (const input of inputs) {
      const reply = await call('createClientKey', { client: 'cm' }, { input: { type: 'certificate', ...input } })
      assert.equal(reply.status, 400, reply.text)
      assert.ok(!reply.text.includes(cm.key.split('\n')[1] ?? ''))
    }
  })
})

describe('a certificate proves only those who are registered for it', () => {
  test('SEC-102: headers with a certificate count nothing, on either listener', async () => {
    const pem = encodeURIComponent(cm.cert)
    const headers = {
      'X-Forwarded-Client-Cert': `Cert="${pem}";Chain="${pem}${encodeURIComponent(root.cert)}"`,
      'X-SSL-Client-Cert': pem,
      'ssl-client-cert': pem,
      'X-Client-Cert': pem,
      'Client-Cert': `:${cm.der.toString('base64')}:`,
    }
    for (const [name, value] of Object.entries(headers)) {
      for (const base of [server.publicUrl, server.mtlsUrl ?? '']) {
        const sending = send('/oauth2/token', tokenForm('cm'), undefined, { headers: { [name]: value }, base })
        await assertRejected(sending, 'authentication-present')
      }
      // Nor does it replace the certificate of the connection.
      const other = await issue({ subject: 'CN=other', by: root })
      const sending = send('/oauth2/token', tokenForm('cm'), other, { headers: { [name]: value } })
      await assertRejected(sending, 'certificate-subject')
    }
  })

  test('the public listener asks nobody for a certificate, and takes none', async () => {
    const sending = send('/oauth2/token', tokenForm('cm'), cm, { base: server.publicUrl })
    await assertRejected(sending, 'authentication-present')
  })

  test('a client of mutual TLS has no way in by a secret, and a client of secrets none by a certificate', async () => {
    const secret = await call('createSecret', { client: 'cm' }, { input: { type: 'generated' } })
    const form = { ...tokenForm('cm'), client_secret: secret.body.secret ?? '' }
    await assertRejected(send('/oauth2/token', form, cm), 'authentication-method-registered')
    await assertRejected(send('/oauth2/token', form), 'authentication-method-registered')
    const input = { type: 'certificate-subject', match: 'subject-dn', value: subject }
    assert.equal((await call('createClientKey', { client: 'cb' }, { input })).status, 201)
    await assertRejected(ask('cb', cm), 'authentication-method-registered')
  })

  test('a client of secrets is let in on the listener for certificates as everywhere, with or without one', async () => {
    const headers = server.basic('cb')
    const form = { grant_type: 'client_credentials' }
    await tokenOf(await send('/oauth2/token', form, undefined, { headers }))
    await tokenOf(await send('/oauth2/token', { ...form, client_id: 'cb' }, cm, { headers }))
  })
})

describe('RFC 8705 §3: tokens bound to the certificate', () => {
  const bound = { certificateBoundAccessTokens: true }

  test('SEC-094, SEC-105: cnf is the SHA-256 of the certificate, in the token and in introspection', async () => {
    const value = 'CN=bound'
    const own = await issue({ subject: value, by: root })
    await enroll('bound', 'tls_client_auth', { type: 'certificate-subject', match: 'subject-dn', value }, bound)
    const token = await tokenOf(await ask('bound', own))
    const cnf = { 'x5t#S256': thumbprint(own) }
    assert.deepEqual(decodeJwt(token).cnf, cnf)
    const response = await server.post('/oauth2/introspect', { token }, server.basic('rsA'))
    const answer = (await response.json()) as Record<string, unknown>
    assert.deepEqual([answer.active, answer.token_type, answer.cnf], [true, 'Bearer', cnf])
  })

  test('however the client proves itself, and by whatever certificate; without one there is no token', async () => {
    assert.equal((await call('updateClient', { client: 'cp' }, { input: bound })).status, 200)
    const form = { ...tokenForm('cp'), client_secret: server.secrets.cp ?? '' }
    const own = await issue({})
    const token = await tokenOf(await send('/oauth2/token', form, own))
    assert.deepEqual(decodeJwt(token).cnf, { 'x5t#S256': thumbprint(own) })
    const refusal = [400, 'invalid_request'] as const
    await assertRejected(send('/oauth2/token', form), 'certificate-bound', refusal)
    await assertRejected(send('/oauth2/token', form, own, { base: server.publicUrl }), 'certificate-bound', refusal)
  })

  test('an opaque token is bound the same, and a bound token is good at introspection with its certificate alone', async () => {
    assert.equal((await call('updateClient', { client: 'cx' }, { input: bound })).status, 200)
    const own = await issue({})
    const headers = server.basic('cx')
    const form = { grant_type: 'client_credentials', scope: 'b:read', resource: 'https://api-b.test' }
    const token = await tokenOf(await send('/oauth2/token', form, own, { headers }))
    const bearer = { headers: { authorization: `Bearer ${token}` } }
    const response = await send('/oauth2/introspect', { token }, own, bearer)
    const answer = (await response.json()) as Record<string, unknown>
    assert.deepEqual(answer.cnf, { 'x5t#S256': thumbprint(own) })
    await assertRefused(await send('/oauth2/introspect', { token }, undefined, bearer), 401, 'invalid_token')
    await assertRefused(await send('/oauth2/introspect', { token }, await issue({}), bearer), 401, 'invalid_token')
  })
})

describe('RFC 8705 §5: metadata', () => {
  test('names the endpoints that take certificates, and that tokens can be bound', async () => {
    const response = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)
    const metadata = (await response.json()) as Record<string, unknown>
    const base = `${server.mtlsUrl}/acme/cases/oauth2`
    assert.deepEqual(metadata.mtls_endpoint_aliases, {
      token_endpoint: `${base}/token`,
      introspection_endpoint: `${base}/introspect`,
      revocation_endpoint: `${base}/revoke`,
    })
    assert.equal(metadata.tls_client_certificate_bound_access_tokens, true)
    const methods = metadata.token_endpoint_auth_methods_supported as readonly string[]
    assert.ok(methods.includes('tls_client_auth') && methods.includes('self_signed_tls_client_auth'))
    assert.equal(metadata.issuer, server.issuer)
    const system = await fetch(`${server.adminUrl}/system/admin/.well-known/oauth-authorization-server`)
    assert.equal(((await system.json()) as Record<string, unknown>).mtls_endpoint_aliases, undefined)
    assert.ok(ca.includes('CERTIFICATE'))
  })
})
