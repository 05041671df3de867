import { ConfidentialClientApplication, ProtocolMode } from '@azure/msal-node'
import { OAuth2Client, OAuth2HttpError } from '@badgateway/oauth2-client'
import { fetchToken } from '@modelcontextprotocol/sdk/client/auth.js'
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import axios, { isAxiosError } from 'axios'
import { clientCredentials } from 'axios-oauth-client'
import ClientOAuth2 from 'client-oauth2'
import * as oauth4webapi from 'oauth4webapi'
import * as openidClient from 'openid-client'
import * as simpleOauth2 from 'simple-oauth2'

/** How a client proves itself: every method that Mintmark has. */
export const methods = ['client_secret_basic', 'client_secret_post'] as const
export type Method = (typeof methods)[number]

export type TokenRequest = {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly method: Method
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string
}

/** Somebody else's OAuth client, as its documentation says to use it. */
export type Stranger = {
  /** Its package. */
  readonly name: string
  readonly methods: readonly Method[]
  /** Whether it refuses to speak http. */
  readonly tlsOnly?: boolean
  /** Gets a token by client credentials. */
  readonly token: (request: TokenRequest) => Promise<string>
  /** Where its user finds the `error` of our answer in what it throws. */
  readonly errorCode: (error: unknown) => unknown
  /**
   * Characters in a client's id and secret with which it cannot authenticate, by method: it does not form-encode them as
   * RFC 6749 §2.3.1 says, or refuses them. Empty for those that are right.
   */
  readonly breaksOn: Readonly<Partial<Record<Method, string>>>
}

/** What libraries break that put id and secret into the Basic header as they are. */
const unencoded = ':+%'

/** Other people's clients in JavaScript. */
export const strangers: readonly Stranger[] = [
  {
    name: 'openid-client',
    methods,
    token: async ({ issuer, method, clientId, clientSecret, scope }) => {
      const authentication =
        method === 'client_secret_basic'
          ? openidClient.ClientSecretBasic(clientSecret)
          : openidClient.ClientSecretPost(clientSecret)
      const insecure = issuer.startsWith('http:') ? [openidClient.allowInsecureRequests] : []
      const config = await openidClient.discovery(new URL(issuer), clientId, undefined, authentication, {
        execute: insecure,
      })
      return (await openidClient.clientCredentialsGrant(config, { scope })).access_token
    },
    errorCode: oauth4webapiErrorCode,
    breaksOn: {},
  },
  {
    name: 'oauth4webapi',
    methods,
    token: async ({ issuer, tokenEndpoint, method, clientId, clientSecret, scope }) => {
      const server = { issuer, token_endpoint: tokenEndpoint }
      const client = { client_id: clientId }
      const authentication =
        method === 'client_secret_basic'
          ? oauth4webapi.ClientSecretBasic(clientSecret)
          : oauth4webapi.ClientSecretPost(clientSecret)
      const insecure = { [oauth4webapi.allowInsecureRequests]: issuer.startsWith('http:') }
      const answer = await oauth4webapi.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        { scope },
        insecure,
      )
      return (await oauth4webapi.processClientCredentialsResponse(server, client, answer)).access_token
    },
    errorCode: oauth4webapiErrorCode,
    breaksOn: {},
  },
  {
    name: 'simple-oauth2',
    methods,
    token: async ({ tokenEndpoint, method, clientId, clientSecret, scope }) => {
      const { origin, pathname } = new URL(tokenEndpoint)
      const client = new simpleOauth2.ClientCredentials({
        client: { id: clientId, secret: clientSecret },
        auth: { tokenHost: origin, tokenPath: pathname },
        options: { authorizationMethod: method === 'client_secret_basic' ? 'header' : 'body' },
      })
      return String((await client.getToken({ scope })).token.access_token)
    },
    errorCode: (error) => (error as { data?: { payload?: { error?: string } } }).data?.payload?.error,
    breaksOn: { client_secret_basic: 'é', client_secret_post: 'é' },
  },
  {
    name: 'client-oauth2',
    methods: ['client_secret_basic'],
    token: async ({ tokenEndpoint, clientId, clientSecret, scope }) => {
      const client = new ClientOAuth2({ clientId, clientSecret, accessTokenUri: tokenEndpoint, scopes: [scope] })
      return (await client.credentials.getToken()).accessToken
    },
    errorCode: (error) => (error as { body?: { error?: string } }).body?.error,
    breaksOn: { client_secret_basic: unencoded },
  },
  {
    name: 'axios-oauth-client',
    methods: ['client_secret_post'],
    token: async ({ tokenEndpoint, clientId, clientSecret, scope }) => {
      const getToken = clientCredentials(axios.create(), tokenEndpoint, clientId, clientSecret)
      const { access_token } = (await getToken(scope)) as { readonly access_token: string }
      return access_token
    },
    errorCode: (error) => (isAxiosError(error) ? error.response?.data?.error : undefined),
    breaksOn: {},
  },
  {
    name: '@badgateway/oauth2-client',
    methods,
    token: async ({ tokenEndpoint, method, clientId, clientSecret, scope }) => {
      const client = new OAuth2Client({ tokenEndpoint, clientId, clientSecret, authenticationMethod: method })
      return (await client.clientCredentials({ scope: [scope] })).accessToken
    },
    errorCode: (error) => (error instanceof OAuth2HttpError ? error.oauth2Code : undefined),
    breaksOn: {},
  },
  {
    // Told nothing of the method, it escapes the colon and leaves the rest as it is.
    name: '@badgateway/oauth2-client by default',
    methods: ['client_secret_basic'],
    token: async ({ tokenEndpoint, clientId, clientSecret, scope }) => {
      const client = new OAuth2Client({ tokenEndpoint, clientId, clientSecret })
      return (await client.clientCredentials({ scope: [scope] })).accessToken
    },
    errorCode: (error) => (error instanceof OAuth2HttpError ? error.oauth2Code : undefined),
    breaksOn: { client_secret_basic: '+%é' },
  },
  {
    name: '@azure/msal-node',
    methods: ['client_secret_post'],
    tlsOnly: true,
    token: async ({ issuer, clientId, clientSecret, scope }) => {
      const msal = new ConfidentialClientApplication({
        auth: { clientId, clientSecret, authority: issuer, knownAuthorities: [new URL(issuer).host] },
        system: { protocolMode: ProtocolMode.OIDC },
      })
      return (await msal.acquireTokenByClientCredential({ scopes: [scope] }))?.accessToken ?? ''
    },
    errorCode: (error) => (error as { errorCode?: string }).errorCode,
    breaksOn: {},
  },
  {
    name: '@modelcontextprotocol/sdk',
    methods,
    token: async ({ issuer, tokenEndpoint, method, clientId, clientSecret, scope }) => {
      const provider = new ClientCredentialsProvider({ clientId, clientSecret, scope, expectedIssuer: issuer })
      // It takes Basic where the server has it, and the body where the server has nothing else.
      const metadata = {
        issuer,
        token_endpoint: tokenEndpoint,
        authorization_endpoint: `${issuer}/oauth2/authorize`,
        response_types_supported: [],
        token_endpoint_auth_methods_supported: [method],
      }
      return (await fetchToken(provider, issuer, { metadata })).access_token
    },
    errorCode: (error) => (error as { errorCode?: string }).errorCode,
    breaksOn: { client_secret_basic: `${unencoded}é` },
  },
]

/** What openid-client and oauth4webapi throw: of a refusal with a challenge only the challenge is read, not the body. */
async function oauth4webapiErrorCode(error: unknown): Promise<unknown> {
  if (error instanceof oauth4webapi.ResponseBodyError) return error.error
  const { response } = error as { readonly response?: Response }
  return response === undefined ? undefined : ((await response.json()) as { error?: string }).error
}
