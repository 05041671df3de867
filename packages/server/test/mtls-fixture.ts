import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createDevCertificate } from '../src/http/dev-certificate.ts'
import { type AdminServer, startAdminServer } from './admin-fixture.ts'
import type { Issued } from './certificates.ts'
import { casesFounding, type Ending } from './fixtures.ts'
import { type ClientIdentity, postOverTls } from './tls-request.ts'

export type MtlsServer = AdminServer & {
  /** PEM of the server's own certificate, by which clients trust it. */
  readonly ca: string
  /** POSTs a form to a path of the workspace on the listener for certificates, or below another base URL. */
  readonly send: (
    path: string,
    form: Readonly<Record<string, string>>,
    identity?: ClientIdentity,
    more?: { readonly headers?: Readonly<Record<string, string>>; readonly base?: string },
  ) => Promise<Response>
  /** Makes a client that may get tokens of `api-a`, with one credential of the `keys` resource. */
  readonly enroll: (id: string, method: string, credential: object, more?: object) => Promise<void>
}

const trustedBefore = getCACertificates('default')

/** The real server with TLS, the listener for client certificates and these trust anchors in its workspace. */
export const startMtlsServer = async (
  test: Ending,
  anchors: readonly Issued[],
  settings: NonNullable<Parameters<typeof startAdminServer>[1]>['settings'] = {},
): Promise<MtlsServer> => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'mintmark-mtls-'))
  test.after(async () => rmSync(dataDirectory, { recursive: true, force: true }))
  const certificate = createDevCertificate(dataDirectory, Date.now)
  await certificate.read()
  const ca = readFileSync(certificate.caFile, 'utf8')
  // What `fetch` trusts in this process: of several that signed themselves as localhost it would find only one.
  setDefaultCACertificates([...trustedBefore, ca])
  const server = await startAdminServer(test, {
    dataDirectory,
    settings: { tls: 'dev', mtls: 'true', mtlsPort: '0', ...settings },
  })
  const trusting = await server.call(
    'updateWorkspace',
    {},
    { input: { trustAnchors: anchors.map(({ cert }) => cert) } },
  )
  assert.equal(trusting.status, 200, trusting.text)
  return {
    ...server,
    ca,
    send: (path, form, identity, { headers = {}, base = server.mtlsUrl ?? '' } = {}) =>
      postOverTls(`${base}/acme/cases${path}`, form, { ca, identity, headers }),
    enroll: async (id, method, credential, more = {}) => {
      const input = {
        id,
        capabilities: ['client_credentials'],
        permissions: casesFounding.clients.cb?.permissions ?? [],
        authenticationMethods: [method],
        ...more,
      }
      const created = await server.call('createClient', {}, { input })
      assert.equal(created.status, 201, created.text)
      const added = await server.call('createClientKey', { client: id }, { input: credential })
      assert.equal(added.status, 201, added.text)
    },
  }
}
