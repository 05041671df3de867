import type { Founding } from '@mintmark/server'
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import type { StrangerServer } from '../stranger-server.ts'
import { strangersFounding } from '../stranger-server.ts'

/** Milliseconds that the server's clock is behind at the start, so that it can issue what has expired by now. */
export const behind = 7_200_000

const { apis, clients } = strangersFounding

/** For each API of the strangers another one with the same settings. */
const others = Object.fromEntries(
  Object.entries(apis).map(([id, api]) => [
    `other-${id}`,
    {
      ...api,
      audience: `https://other-${id.toLowerCase()}.example`,
      scopes: [{ name: `other:${id}`, description: '' }],
    },
  ]),
)
const stranger = {
  capabilities: clients.stranger?.capabilities ?? [],
  permissions: [
    ...Object.keys(apis).map((api) => ({ api, scopes: [`use:${api}`] })),
    ...Object.keys(apis).map((api) => ({ api: `other-${api}`, scopes: [`other:${api}`] })),
  ],
  introspects: Object.keys(apis),
}

/** The strangers' workspace with an API beside each, and a client whose tokens are dead after ten minutes. */
export const resourceServersFounding: Founding = {
  ...strangersFounding,
  apis: { ...apis, ...others },
  clients: { stranger, brief: { ...stranger, tokenLifetime: 600 } },
}

/** Tokens of one API: good ones, and others that are bad in one way each. */
export type TokenCases = { readonly good: readonly string[]; readonly bad: Readonly<Record<string, string>> }

/** A token by client_secret_post. */
export const issueToken = async (server: StrangerServer, scope: string, clientId = 'stranger'): Promise<string> => {
  const answer = await fetch(server.tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: server.secrets[clientId] ?? '',
      scope,
    }),
  })
  const { access_token } = (await answer.json()) as { readonly access_token?: string }
  if (access_token === undefined) throw new Error(`no token for ${scope}: ${answer.status}`)
  return access_token
}

/** By the client that got it. */
export const revokeToken = async (server: StrangerServer, token: string, clientId = 'stranger'): Promise<void> => {
  const answer = await fetch(server.revocationEndpoint, {
    method: 'POST',
    body: new URLSearchParams({ token, client_id: clientId, client_secret: server.secrets[clientId] ?? '' }),
  })
  if (answer.status !== 200) throw new Error(`not revoked: ${answer.status}`)
}

/** What was issued before now. */
export type Earlier = {
  /** Dead since more than an hour. */
  readonly expired: string
  /** Half an hour old, with half an hour to live. */
  readonly old: string
}

const half = 1_800_000

/** Tokens of each API that were issued earlier; moves the server's clock to now. */
export const issueEarlier = async <Api extends string>(server: StrangerServer, apis: readonly Api[]) => {
  const issueAll = async (clientId: string) => {
    const tokens = new Map<string, string>()
    for (const api of apis) tokens.set(api, await issueToken(server, `use:${api}`, clientId))
    return tokens
  }
  const expired = await issueAll('brief')
  server.advance(behind - half)
  const old = await issueAll('stranger')
  server.advance(half)
  return (api: Api): Earlier => ({ expired: expired.get(api) ?? '', old: old.get(api) ?? '' })
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The JWTs of the API of an algorithm. */
export const jwtCases = async (
  server: StrangerServer,
  algorithm: string,
  { expired, old }: Earlier,
): Promise<TokenCases> => {
  const good = await issueToken(server, `use:${algorithm}`)
  const [header = '', , signature = ''] = good.split('.')
  const payload = decodeJwt(good)
  const { privateKey } = await generateKeyPair(algorithm)
  const bad = {
    expired,
    'for another API': await issueToken(server, `other:${algorithm}`),
    'of another algorithm': await issueToken(server, `use:${algorithm === 'RS256' ? 'ES256' : 'RS256'}`),
    'with an altered claim': `${header}.${encode({ ...payload, sub: 'somebody' })}.${signature}`,
    'signed by another key': await new SignJWT(payload)
      .setProtectedHeader({ ...decodeProtectedHeader(good), alg: algorithm })
      .sign(privateKey),
    unsigned: `${encode({ ...decodeProtectedHeader(good), alg: 'none' })}.${encode(payload)}.`,
  }
  return { good: [good, old], bad }
}

/** The tokens of the opaque API. */
export const opaqueCases = async (server: StrangerServer, { expired, old }: Earlier): Promise<TokenCases> => ({
  good: [await issueToken(server, 'use:opaque'), old],
  bad: {
    expired,
    'for another API': await issueToken(server, 'other:opaque'),
    'nobody issued': `mmk_at_${'0'.repeat(60)}`,
  },
})
