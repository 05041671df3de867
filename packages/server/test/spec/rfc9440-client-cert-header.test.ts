import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { thumbprintOf } from '../../src/certificates/certificate.ts'
import { authority, type Issued, issue } from '../certificates.ts'
import { type MtlsServer, startMtlsServer } from '../mtls-fixture.ts'
import { assertRefused, refusalEvent } from '../refusals.ts'

const root = await issue({ subject: 'CN=Root', extensions: authority() })
const middle = await issue({ subject: 'CN=Issuing', extensions: authority(0), by: root })
const subject = 'CN=cm,O=Acme'
const cm = await issue({ subject, by: root })
const under = await issue({ subject, by: middle })
const other = await issue({ subject: 'CN=other', by: root })

const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const rsaShape = { ...rsa, modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) }
const weakKeys = await crypto.subtle.generateKey(rsaShape, true, ['sign', 'verify'])
const weak = await issue({ keys: weakKeys, signature: rsa })

const escaped = (...certificates: readonly Issued[]): string =>
  encodeURIComponent(certificates.map(({ cert }) => cert).join(''))
const sequence = ({ der }: Issued): string => `:${der.toString('base64')}:`

type Headers = Readonly<Record<string, string>>
/** How each header carries a certificate; with those that lead to a CA, where it can. */
const forms: Readonly<Record<string, { one: (own: Issued) => string; chain?: Headers; malformed: readonly string[] }>> =
  {
    'client-cert': {
      one: sequence,
      chain: { 'client-cert': sequence(under), 'client-cert-chain': `${sequence(middle)}, ${sequence(root)}` },
      malformed: [
        cm.der.toString('base64'),
        `${sequence(cm)};a=1`,
        `${sequence(cm)}, ${sequence(cm)}`,
        ':!:',
        '::',
        escaped(cm),
      ],
    },
    'x-forwarded-client-cert': {
      one: (own) =>
        `By=spiffe://mesh/in;Hash=${'a'.repeat(64)};Cert="${escaped(own)}";Subject="CN=cm,O=\\"x\\"";URI=;DNS=a`,
      chain: { 'x-forwarded-client-cert': `Hash=ab;Cert="${escaped(under)}";Chain="${escaped(under, middle)}"` },
      malformed: [
        `Cert="${escaped(cm)}",Cert="${escaped(cm)}"`,
        `Cert="${escaped(cm)}";Cert="${escaped(other)}"`,
        `Cert="${escaped(cm)}";Chain="${escaped(other, root)}"`,
        `Subject="CN=cm";Hash=ab`,
        `Cert="${escaped(cm)}`,
        escaped(cm),
      ],
    },
    'x-ssl-client-cert': {
      one: (own) => escaped(own),
      malformed: [sequence(cm), 'x', '%', escaped(cm, root), escaped(cm).slice(9)],
    },
    'ssl-client-cert': { one: (own) => escaped(own), malformed: ['x'] },
    'x-client-cert': { one: (own) => escaped(own), malformed: ['x'] },
  }

for (const [header, { one, chain, malformed }] of Object.entries(forms)) {
  describe(`proxy.certificateHeader ${header}`, () => {
    let server: MtlsServer
    const endings: (() => Promise<void>)[] = []
    after(async () => {
      for (const end of endings) await end()
    })
    before(async () => {
      server = await startMtlsServer({ after: (hook) => void endings.unshift(hook) }, [root], {
        proxyAddresses: '127.0.0.1, ::1',
        proxyCertificateHeader: header,
      })
      const matcher = { type: 'certificate-subject', match: 'subject-dn', value: subject }
      await server.enroll('cm', 'tls_client_auth', matcher, { certificateBoundAccessTokens: true })
    })

    /** As the proxy sends it, on the public listener. */
    const ask = (headers: Headers, base: string = server.publicUrl, client = 'cm') =>
      server.send('/oauth2/token', { grant_type: 'client_credentials', client_id: client }, undefined, {
        headers,
        base,
      })

    // OpenSSL would not send it, so the proxy is another one.
    test('a registered certificate whose key can be factored proves nothing', async () => {
      await server.enroll('weak', 'self_signed_tls_client_auth', {
        type: 'certificate',
        thumbprint: thumbprintOf(weak.der),
      })
      const response = await ask({ [header]: one(weak) }, server.publicUrl, 'weak')
      assert.equal((await refusalEvent(server, response)).check, 'certificate-key-strong')
      await assertRefused(response, 401, 'invalid_client')
    })
    const assertRejected = async (sending: Promise<Response>, check: string): Promise<void> => {
      const response = await sending
      assert.equal((await refusalEvent(server, response)).check, check)
      await assertRefused(response, 401, 'invalid_client')
    }

    test('SEC-094, SEC-095: the proxy speaks for the client, and its token is bound to the certificate', async () => {
      const response = await ask({ [header]: one(cm) })
      assert.equal(response.status, 200)
      const { access_token } = (await response.json()) as { readonly access_token: string }
      assert.deepEqual(decodeJwt(access_token).cnf, { 'x5t#S256': thumbprintOf(cm.der) })
      await assertRejected(ask({ [header]: one(other) }), 'certificate-subject')
      if (chain !== undefined) assert.equal((await ask(chain)).status, 200)
      await assertRejected(ask({ [header]: one(under) }), 'certificate-trusted')
    })

    test('without a certificate, and with one in another header, there is none', async () => {
      await assertRejected(ask({}), 'authentication-present')
      await assertRejected(ask({ [header]: '' }), 'authentication-present')
      for (const [name, form] of Object.entries(forms)) {
        if (name !== header) await assertRejected(ask({ [name]: form.one(cm) }), 'authentication-present')
      }
    })

    test('what cannot be read is refused, and not passed over', async () => {
      for (const value of malformed) {
        const response = await ask({ [header]: value })
        // Refused before it is known which workspace it is for: no event, and no token.
        await assertRefused(response, 400, 'invalid_request')
      }
    })

    test('the listener for certificates goes by its connections alone', async () => {
      await assertRejected(ask({ [header]: one(cm) }, server.mtlsUrl ?? ''), 'authentication-present')
    })
  })
}

test('SEC-102: from an address that is no configured proxy every header is ignored', async (context) => {
  for (const [header, { one, malformed }] of Object.entries(forms)) {
    const settings = { proxyAddresses: '192.0.2.0/24', proxyCertificateHeader: header }
    const server = await startMtlsServer(context, [root], settings)
    await server.enroll('cm', 'tls_client_auth', { type: 'certificate-subject', match: 'subject-dn', value: subject })
    const form = { grant_type: 'client_credentials', client_id: 'cm' }
    for (const value of [one(cm), ...malformed]) {
      const headers = { [header]: value, 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' }
      const response = await server.send('/oauth2/token', form, undefined, { headers, base: server.publicUrl })
      assert.equal((await refusalEvent(server, response)).check, 'authentication-present')
      await assertRefused(response, 401, 'invalid_client')
    }
    await server.close()
  }
})
