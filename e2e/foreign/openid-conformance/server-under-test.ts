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
import { authority, clientPurpose, type Issued, issue } from '../../../packages/server/test/certificates.ts'
import { startServerWithCommandLine } from '../../cli/command-line.ts'

/** How the clients of a plan prove themselves, what their tokens are bound to, and whether proofs need a nonce. */
export type Way = {
  readonly method: 'private_key_jwt' | 'mtls'
  readonly binding: 'dpop' | 'mtls'
  readonly nonces: boolean
}

type Client = { readonly id: string; readonly jwk: object; readonly certificate: Issued }

/** What the profile lets an API offer with TLS 1.2 (FAPI 2.0 §5.2.2; RFC 9325 §4.2), the suites of TLS 1.3 beside it. */
const recommendedTls = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ].join(':'),
} as const

/** The server with TLS and certificates. Returns what makes a workspace for a way, and what a plan is told of it. */
export const startServerUnderTest = async (): Promise<(way: Way) => Promise<object>> => {
  const root = await issue({ subject: 'CN=Root', extensions: authority() })
  const mintmark = await startServerWithCommandLine({
    MINTMARK_TLS: 'dev',
    MINTMARK_MTLS: 'true',
    MINTMARK_MTLS_PORT: '0',
  })
  const { directory, json, server } = mintmark
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(join(directory, 'tls-cert.pem'), 'utf8')])
  const fileOf = (name: string, content: string): string => {
    const path = join(directory, name)
    writeFileSync(path, content)
    return path
  }
  const anchors = fileOf('root.crt', root.cert)
  await json('tenant create acme')

  /** An API that takes bound tokens of the workspace, at its URL. */
  const startApi = async (issuer: string, nonces: boolean): Promise<string> => {
    const { cert, key } = await issue({ subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }] })
    const listener = createServer({ ...recommendedTls, cert, key, requestCert: true, rejectUnauthorized: false })
    await once(listener.listen(0, 'localhost'), 'listening')
    after(() => {
      listener.closeAllConnections()
      listener.close()
    })
    const url = `https://localhost:${(listener.address() as AddressInfo).port}/`
    const dpop = { mode: 'accepted', publicUrl: url, nonces } as const
    const api = protect({ issuer, audience: url, certificates: 'connection', dpop })
    listener.on(
      'request',
      requireToken(api, ['orders:read'], (_request, response) => {
        response.setHeader('content-type', 'application/json')
        response.end('{"orders":[]}')
      }),
    )
    return url
  }

  const enroll = async (workspace: string, id: string, { method, binding }: Way): Promise<Client> => {
    // RSA, since only then the suite also tries RS256.
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const members = { kid: `key-of-${id}`, alg: 'PS256' }
    const certificate = await issue({ subject: `CN=${id}`, extensions: [clientPurpose], by: root })
    const bound = binding === 'dpop' ? '--dpop yes' : '--certificate-bound yes'
    const rights = '--capability client_credentials --permit orders:orders:read --default orders:read'
    const place = `--workspace ${workspace}`
    const name = method === 'mtls' ? 'tls_client_auth' : method
    await json(`client create ${id} ${place} ${rights} --auth-method ${name} ${bound}`)
    if (method === 'mtls') await json(`client-certificate add ${id} ${place} --subject-dn CN=${id}`)
    else {
      const jwk = JSON.stringify({ ...publicKey.export({ format: 'jwk' }), ...members })
      await json(`client-key add ${id} ${place} --key-file ${fileOf(`${id}.json`, jwk)}`)
    }
    return { id, jwk: { ...privateKey.export({ format: 'jwk' }), ...members, use: 'sig' }, certificate }
  }

  return async (way) => {
    const name = `${way.method}-${way.binding}${way.nonces ? '-nonces' : ''}`.replaceAll('_', '-')
    const workspace = `acme/${name}`
    const nonces = way.nonces ? 'yes' : 'no'
    await json(`workspace create ${workspace} --profile fapi2 --trust-anchors ${anchors} --dpop-nonce ${nonces}`)
    const resourceUrl = await startApi(`${server.publicUrl}/${workspace}`, way.nonces)
    await json(`api create orders --workspace ${workspace} --audience ${resourceUrl} --scope orders:read`)
    const first = await enroll(workspace, `${name}-1`, way)
    const second = await enroll(workspace, `${name}-2`, way)
    const described = ({ id, jwk }: Client) => ({
      ...{ client_id: id, scope: 'orders:read', jwks: { keys: [jwk] }, dpop_signing_alg: 'ES256' },
    })
    const tls = ({ certificate: { cert, key } }: Client) => ({ cert, key, ca: root.cert })
    return {
      alias: `mintmark-${name}`,
      description: 'Mintmark, client credentials',
      server: {
        discoveryUrl: `${server.publicUrl}/.well-known/oauth-authorization-server/${workspace}`,
        // Ours alone; of what it does not know the suite warns.
        allow_unexpected_metadata_fields: ['client_key_rollover_endpoint'],
      },
      client: described(first),
      client2: described(second),
      mtls: tls(first),
      mtls2: tls(second),
      resource: { resourceUrl },
    }
  }
}
