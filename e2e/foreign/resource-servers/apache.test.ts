import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type StrangerServer, startForStrangers } from '../stranger-server.ts'
import { findApache, startApache } from './apache.ts'
import {
  behind,
  issueEarlier,
  issueToken,
  jwtCases,
  opaqueCases,
  resourceServersFounding,
  revokeToken,
} from './token-cases.ts'

// Neither module knows EdDSA. Both keep what introspection said of a token: what is revoked here, Apache has not seen before.
const algorithms = ['ES256', 'RS256', 'PS256'] as const
const apis = [...algorithms, 'opaque'] as const

const apache = await findApache()
const start = async (transport: 'http' | 'tls') => {
  const server = await startForStrangers(resourceServersFounding, { transport, ahead: -behind })
  return { server, earlier: await issueEarlier(server, apis) }
}
// liboauth2 of Debian trusts the machine's certificate authorities only; mod_auth_openidc can be given one.
const [http, tls] = [await start('http'), await start('tls')]

const audience = (api: string) => `https://${api.toLowerCase()}.example`
const locations = (apis: readonly string[], inside: (api: string) => readonly string[]) =>
  Object.fromEntries(apis.map((api) => [api, inside(api)]))
const credentials = ({ secrets }: StrangerServer) => ({ id: 'stranger', secret: secrets.stranger ?? '' })

/** The settings that somebody would write who protects an API with Apache. */
const hosts = {
  'mod_oauth2, key set': {
    directives: [],
    locations: locations(algorithms, (api) => [
      'AuthType oauth2',
      `OAuth2TokenVerify jwks_uri ${http.server.jwksUri} verify.exp=required`,
      '<RequireAll>',
      `Require oauth2_claim iss:${http.server.issuer}`,
      `Require oauth2_claim aud:${audience(api)}`,
      '</RequireAll>',
    ]),
  },
  'mod_oauth2, introspection': {
    directives: [],
    locations: locations(apis, (api) => {
      const { id, secret } = credentials(http.server)
      return [
        'AuthType oauth2',
        `OAuth2TokenVerify introspect ${http.server.introspectionEndpoint} introspect.auth=client_secret_basic&client_id=${id}&client_secret=${secret}`,
        `Require oauth2_claim aud:${audience(api)}`,
      ]
    }),
  },
  'mod_auth_openidc, key set': {
    trusted: tls.server.trusted,
    directives: [`OIDCOAuthVerifyJwksUri ${tls.server.jwksUri}`, 'OIDCOAuthRemoteUserClaim sub'],
    locations: locations(algorithms, (api) => [
      'AuthType oauth20',
      '<RequireAll>',
      `Require claim iss:${tls.server.issuer}`,
      `Require claim aud:${audience(api)}`,
      '</RequireAll>',
    ]),
  },
  'mod_auth_openidc, introspection': {
    trusted: tls.server.trusted,
    directives: [
      `OIDCOAuthIntrospectionEndpoint ${tls.server.introspectionEndpoint}`,
      'OIDCOAuthIntrospectionEndpointAuth client_secret_basic',
      `OIDCOAuthClientID ${credentials(tls.server).id}`,
      `OIDCOAuthClientSecret ${credentials(tls.server).secret}`,
      'OIDCOAuthRemoteUserClaim sub',
    ],
    locations: locations(apis, (api) => ['AuthType oauth20', `Require claim aud:${audience(api)}`]),
  },
}

const urls = apache.skip === false ? await startApache(apache, hosts) : undefined

for (const name of Object.keys(hosts) as (keyof typeof hosts)[]) {
  const { server, earlier } = name.startsWith('mod_oauth2') ? http : tls
  for (const api of name.endsWith('introspection') ? apis : algorithms) {
    describe(`SEC-264: Apache's ${name}, ${api}`, { skip: apache.skip }, () => {
      const cases = api === 'opaque' ? opaqueCases(server, earlier(api)) : jwtCases(server, api, earlier(api))
      const call = (token?: string) =>
        fetch(`${urls?.[name]}/${api}/index`, {
          headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        })

      test('lets in who has our token', async () => {
        for (const token of (await cases).good) {
          const answer = await call(token)
          assert.deepEqual([answer.status, answer.headers.get('client')], [200, 'stranger'])
        }
      })

      test('refuses every bad token, and who has none', async () => {
        for (const [what, token] of Object.entries((await cases).bad)) {
          assert.equal((await call(token)).status, 401, what)
        }
        assert.equal((await call()).status, 401)
      })

      if (name.endsWith('introspection')) {
        test('refuses a token that was revoked', async () => {
          const token = await issueToken(server, `use:${api}`)
          await revokeToken(server, token)
          assert.equal((await call(token)).status, 401)
        })
      }
    })
  }
}
