import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { type AdminServer, startAdminServer } from '../../packages/server/test/admin-fixture.ts'
import { authority, type Issued, issue } from '../../packages/server/test/certificates.ts'
import { casesFounding } from '../../packages/server/test/fixtures.ts'
import { freePort } from '../../packages/server/test/free-port.ts'
import { assertRefused, issuedCount } from '../../packages/server/test/refusals.ts'
import { bundleOf, issueSvid, trustDomainAuthority } from '../../packages/server/test/svids.ts'
import { type ClientIdentity, postOverTls } from '../../packages/server/test/tls-request.ts'
import type { TlsProxy } from './proxies.ts'

const day = 86_400_000
const root = await issue({ subject: 'CN=Root', extensions: authority() })
const stranger = await issue({ subject: 'CN=Root', extensions: authority() })
const tls = await issue({ subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }] })
const subject = 'CN=cm,O=Acme'
const names = [{ type: 'dns' as const, value: 'svc.example' }]
const workload = 'spiffe://example.org/ns/billing/sa/invoices'
const trustDomain = await trustDomainAuthority('spiffe://example.org')
const selfSigned = await issue({ subject: 'CN=cs' })
type Form = Readonly<Record<string, string>>
const thumbprint = ({ der }: Issued): string => createHash('sha256').update(der).digest('base64url')

/** The cases of mutual TLS behind a proxy that people run; with TLS ended by the server itself they are in packages/server/test/spec. */
export const describeBehind = (proxy: TlsProxy): void => {
  describe(`behind ${proxy.name}`, { skip: proxy.skip }, () => {
    const endings: (() => Promise<void>)[] = []
    after(async () => {
      for (const end of endings.reverse()) await end()
    })
    let server: AdminServer
    let url = ''
    let direct = ''
    before(async () => {
      const [port, upstreamPort] = [await freePort(), await freePort()]
      direct = `http://127.0.0.1:${upstreamPort}`
      url = `https://localhost:${port}`
      const settings = {
        url,
        publicPort: String(upstreamPort),
        proxyAddresses: '127.0.0.1',
        proxyCertificateHeader: proxy.header,
      }
      server = await startAdminServer({ after: (hook) => void endings.push(hook) }, { settings })
      endings.push(await proxy.start(port, upstreamPort, tls))
      await server.call('updateWorkspace', {}, { input: { trustAnchors: [root.cert] } })
      const jwks = bundleOf([trustDomain])
      const trust = { id: 'mesh', issuer: 'spiffe://example.org', keys: { type: 'jwks' as const, jwks } }
      assert.equal((await server.call('createTrust', {}, { input: trust })).status, 201)
      const add = async (id: string, method: string) => {
        const input = {
          id,
          capabilities: ['client_credentials'],
          permissions: casesFounding.clients.cb?.permissions ?? [],
          authenticationMethods: [method],
          certificateBoundAccessTokens: true,
        }
        assert.equal((await server.call('createClient', {}, { input })).status, 201)
      }
      const enroll = async (id: string, method: string, credential: object) => {
        await add(id, method)
        const added = await server.call('createClientKey', { client: id }, { input: credential })
        assert.equal(added.status, 201, added.text)
      }
      await add('invoices', 'spiffe_x509')
      const federation = { trust: 'mesh', match: [{ claim: 'sub', equals: workload }] }
      const workloads = await server.call('createFederation', { client: 'invoices' }, { input: federation })
      assert.equal(workloads.status, 201, workloads.text)
      await enroll('cm', 'tls_client_auth', { type: 'certificate-subject', match: 'subject-dn', value: subject })
      await enroll('cm3', 'tls_client_auth', { type: 'certificate-subject', match: 'san-dns', value: 'svc.example' })
      await enroll('cs', 'self_signed_tls_client_auth', { type: 'certificate', certificate: selfSigned.cert })
    })

    const post = (form: Form, identity?: ClientIdentity, headers: Form = {}) =>
      postOverTls(`${url}/acme/cases/oauth2/token`, form, { ca: tls.cert, identity, headers })
    const ask = (client: string, identity?: ClientIdentity, headers: Form = {}) =>
      post({ grant_type: 'client_credentials', client_id: client }, identity, headers)
    const assertBound = async (response: Response, certificate: Issued): Promise<void> => {
      const text = await response.text()
      assert.equal(response.status, 200, text)
      const token = JSON.parse(text).access_token
      assert.deepEqual(decodeJwt(token).cnf, { 'x5t#S256': thumbprint(certificate) })
      const introspect = `${direct}/acme/cases/oauth2/introspect`
      const introspected = await server.post(introspect, { token }, server.basic('rsA'))
      assert.deepEqual((await introspected.json()).cnf, { 'x5t#S256': thumbprint(certificate) })
    }
    const assertRejected = async (asking: Promise<Response>): Promise<void> => {
      const count = await issuedCount(server)
      await assertRefused(await asking, 401, 'invalid_client')
      assert.equal(await issuedCount(server), count)
    }

    test('SEC-094, SEC-105: the registered subject is let in, its token bound to its certificate', async () => {
      const own = await issue({ subject, by: root })
      await assertBound(await ask('cm', own), own)
    })

    test('SEC-095, SEC-097: another subject, no client_id, and no certificate', async () => {
      await assertRejected(ask('cm', await issue({ subject: 'CN=other', by: root })))
      await assertRejected(post({ grant_type: 'client_credentials' }, await issue({ subject, by: root })))
      await assertRejected(ask('cm'))
    })

    test('SEC-099: the DNS name counts where it belongs, and nowhere else', async () => {
      const own = await issue({ names, by: root })
      await assertBound(await ask('cm3', own), own)
      const others = [
        { subject: 'CN=svc.example' },
        { names: [{ type: 'dns' as const, value: '*.example' }] },
        { names: [{ type: 'url' as const, value: 'svc.example' }] },
      ]
      for (const other of others) await assertRejected(ask('cm3', await issue({ ...other, by: root })))
    })

    test('SEC-100: expired, not yet valid, by another CA: refused by the proxy or by us', async () => {
      const wrong = [
        await issue({ subject, by: root, notBefore: -2 * day, notAfter: -1000 }),
        await issue({ subject, by: root, notBefore: day }),
        await issue({ subject, by: stranger }),
        await issue({ subject }),
      ]
      for (const identity of wrong) {
        const count = await issuedCount(server)
        const { status } = await ask('cm', identity)
        assert.ok(status === 400 || status === 401, String(status))
        assert.equal(await issuedCount(server), count)
      }
    })

    test('SEC-101: the registered certificate, and no other of its subject', async () => {
      await assertBound(await ask('cs', selfSigned), selfSigned)
      await assertRejected(ask('cs', await issue({ subject: 'CN=cs' })))
    })

    test('an X.509-SVID is let in by its SPIFFE id, and one by another CA is not', async () => {
      const own = await issueSvid(workload, trustDomain)
      await assertBound(await ask(workload, own), own)
      await assertRejected(ask(workload, await issueSvid(workload, root)))
    })

    test('SEC-102: what the client sends in any such header never counts', async () => {
      const own = await issue({ subject, by: root })
      const pem = encodeURIComponent(own.cert)
      const headers = {
        'X-Forwarded-Client-Cert': `Cert="${pem}"`,
        'X-SSL-Client-Cert': pem,
        'ssl-client-cert': pem,
        'X-Client-Cert': pem,
        'Client-Cert': `:${own.der.toString('base64')}:`,
      }
      for (const [name, value] of Object.entries(headers)) {
        await assertRejected(ask('cm', undefined, { [name]: value }))
        await assertRejected(ask('cm', await issue({ subject: 'CN=other', by: root }), { [name]: value }))
      }
    })
  })
}
