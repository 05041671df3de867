import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import { tlsRules } from '../../../packages/server/src/http/tls.ts'
import { authority, clientPurpose, type Issued, issue } from '../../../packages/server/test/certificates.ts'
import { startServerWithCommandLine } from '../../cli/command-line.ts'

/** How clients of a plan prove themselves, and what their tokens are bound to. */
export type Method = 'private_key_jwt' | 'mtls'
export type Binding = 'dpop' | 'mtls'

/** Two clients with keys and certificates, as the suite's configuration names them. */
export type ServerUnderTest = {
  readonly configuration: (method: Method, binding: Binding) => object
}

type Client = { readonly jwk: object; readonly certificate: Issued }

/** A workspace with `profile: fapi2`, two clients for each method and binding, and an API that takes their tokens. */
export const startServerUnderTest = async (): Promise<ServerUnderTest> => {
  const root = await issue({ subject: 'CN=Root', extensions: authority() })
  const mintmark = await startServerWithCommandLine({
    MINTMARK_TLS: 'dev',
    MINTMARK_MTLS: 'true',
    MINTMARK_MTLS_PORT: '0',
  })
  const { directory, json, server } = mintmark
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(join(directory, 'tls-cert.pem'), 'utf8')])
  const issuer = `${server.publicUrl}/acme/payments`
  const fileOf = (name: string, content: string): string => {
    const path = join(directory, name)
    writeFileSync(path, content)
    return path
  }
  await json('tenant create acme')
  await json(`workspace create acme/payments --profile fapi2 --trust-anchors ${fileOf('root.crt', root.cert)}`)

  const certificate = await issue({ subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }] })
  const api = createServer({
    ...tlsRules,
    cert: certificate.cert,
    key: certificate.key,
    requestCert: true,
    rejectUnauthorized: false,
  }).listen(0, 'localhost')
  await once(api, 'listening')
  after(() => {
    api.closeAllConnections()
    api.close()
  })
  const resourceUrl = `https://localhost:${(api.address() as AddressInfo).port}/`
  await json(`api create orders --audience ${resourceUrl} --scope orders:read`)
  const rules = protect({
    issuer,
    audience: resourceUrl,
    certificates: 'connection',
    dpop: { mode: 'accepted', publicUrl: resourceUrl },
  })
  api.on(
    'request',
    requireToken(rules, ['orders:read'], (_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end('{"orders":[]}')
    }),
  )

  const enroll = async (id: string, method: Method, binding: Binding): Promise<Client> => {
    // RSA, since only then the suite also tries RS256.
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const kid = `key-of-${id}`
    const identity = await issue({ subject: `CN=${id}`, extensions: [clientPurpose], by: root })
    const bound = binding === 'dpop' ? '--dpop yes' : '--certificate-bound yes'
    const way = method === 'mtls' ? 'tls_client_auth' : 'private_key_jwt'
    await json(
      `client create ${id} --capability client_credentials --permit orders:orders:read --default orders:read --auth-method ${way} ${bound}`,
    )
    if (method === 'mtls') await json(`client-certificate add ${id} --subject-dn CN=${id}`)
    else {
      const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'PS256' }
      await json(`client-key add ${id} --key-file ${fileOf(`${id}.json`, JSON.stringify(jwk))}`)
    }
    return {
      jwk: { ...privateKey.export({ format: 'jwk' }), kid, alg: 'PS256', use: 'sig' },
      certificate: identity,
    }
  }
  const clients = new Map<string, readonly [Client, Client]>()
  for (const method of ['private_key_jwt', 'mtls'] as const) {
    for (const binding of ['dpop', 'mtls'] as const) {
      const enrolled = async (number: number) =>
        enroll(`${method}-${binding}-${number}`.replaceAll('_', '-'), method, binding)
      clients.set(`${method} ${binding}`, [await enrolled(1), await enrolled(2)])
    }
  }
  return {
    configuration: (method, binding) => {
      const pair = clients.get(`${method} ${binding}`)
      if (pair === undefined) throw new Error(`no clients for ${method} and ${binding}`)
      const described = ({ jwk }: Client, number: number) => ({
        client_id: `${method}-${binding}-${number}`.replaceAll('_', '-'),
        scope: 'orders:read',
        jwks: { keys: [jwk] },
        dpop_signing_alg: 'ES256',
      })
      const tls = ({ certificate: { cert, key } }: Client) => ({ cert, key, ca: root.cert })
      const [first, second] = pair
      return {
        alias: `mintmark-${method}-${binding}`.replaceAll('_', '-'),
        description: 'Mintmark, client credentials',
        server: { discoveryUrl: `${server.publicUrl}/.well-known/oauth-authorization-server/acme/payments` },
        client: described(first, 1),
        client2: described(second, 2),
        mtls: tls(first),
        mtls2: tls(second),
        resource: { resourceUrl },
      }
    },
  }
}
