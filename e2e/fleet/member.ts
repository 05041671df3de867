import assert from 'node:assert/strict'
import {
  authorizedFetch,
  type ClientCredential,
  clientSecretPost,
  privateKeyJwt,
  type Secret,
  tokenSource,
} from '@mintmark/client'
import { dpopKey } from '@mintmark/client/dpop'
import { mutualTls } from '@mintmark/client/node'
import type { AdminServer } from '../../packages/server/test/admin-fixture.ts'
import { type Issued, issue } from '../../packages/server/test/certificates.ts'
import { casesFounding } from '../../packages/server/test/fixtures.ts'

export type Kind = 'basic' | 'post' | 'ES256' | 'Ed25519' | 'PS256' | 'self-signed' | 'dpop'

/** A credential as the server is told of it, and how the client begins to use it. */
export type NextCredential = { readonly registered: object; readonly deploy: () => void }

/** One machine of the fleet: it asks for tokens and calls the API with them, until it is told to stop. */
export type Member = {
  readonly id: string
  readonly kind: Kind
  /** Calls answered by the API since the start. */
  readonly calls: () => number
  readonly failures: readonly string[]
  readonly start: () => void
  readonly stop: () => Promise<void>
  /** Makes the next credential; of a secret the server says which. */
  readonly next: (secret?: string) => Promise<NextCredential>
}

const methods: Readonly<Record<Kind, string>> = {
  basic: 'client_secret_basic',
  post: 'client_secret_post',
  ES256: 'private_key_jwt',
  Ed25519: 'private_key_jwt',
  PS256: 'private_key_jwt',
  dpop: 'private_key_jwt',
  'self-signed': 'self_signed_tls_client_auth',
}

export const isSecretKind = (kind: Kind): boolean => kind === 'basic' || kind === 'post'

const algorithms: Readonly<Record<string, Parameters<SubtleCrypto['generateKey']>[0]>> = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' } as EcKeyGenParams,
  Ed25519: { name: 'Ed25519' },
  PS256: {
    name: 'RSA-PSS',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  } as RsaHashedKeyGenParams,
}

const newKey = async (kind: Kind): Promise<{ readonly privateKey: CryptoKey; readonly jwk: object }> => {
  const algorithm = kind === 'dpop' ? 'ES256' : kind
  const pair = (await crypto.subtle.generateKey(algorithms[algorithm] ?? assert.fail(), false, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const members = Object.entries({ kty, crv, x, y, n, e, alg: algorithm }).filter(([, value]) => value !== undefined)
  return { privateKey: pair.privateKey, jwk: Object.fromEntries(members) }
}

type Held = {
  /** What goes to the token source; it reads what is in use at each request. */
  readonly credential: Secret | ClientCredential
  readonly next: Member['next']
}

const secretHeld = (kind: Kind, given: string): Held => {
  let current = given
  return {
    credential: kind === 'post' ? clientSecretPost(() => current) : () => current,
    next: async (secret = assert.fail('the server makes the secret')) => ({
      registered: { type: 'generated' },
      deploy: () => {
        current = secret
      },
    }),
  }
}

const keyHeld = (kind: Kind, currentTime: () => number): Held => {
  let current: CryptoKey | undefined
  return {
    credential: privateKeyJwt({ key: () => current ?? assert.fail(), currentTime }),
    next: async () => {
      const { privateKey, jwk } = await newKey(kind)
      return {
        registered: { type: 'key', jwk },
        deploy: () => {
          current = privateKey
        },
      }
    },
  }
}

const certificateHeld = (id: string, ca: string): Held => {
  let current: Issued | undefined
  return {
    credential: mutualTls({ certificate: () => current ?? assert.fail(), ca }),
    next: async () => {
      const certificate = await issue({ subject: `CN=${id}` })
      return {
        registered: { type: 'certificate', certificate: certificate.cert },
        deploy: () => {
          current = certificate
        },
      }
    },
  }
}

/** Calls an API again and again, each time with the token that its source has by then. */
const machine = (call: () => Promise<Response>) => {
  const failures: string[] = []
  let calls = 0
  let stopped = false
  let loop = Promise.resolve()
  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        const response = await call()
        await response.arrayBuffer()
        if (response.ok) calls += 1
        else failures.push(`${response.status} ${response.headers.get('www-authenticate') ?? ''}`)
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  return {
    failures,
    calls: () => calls,
    start: () => {
      loop = run()
    },
    stop: async () => {
      stopped = true
      await loop
    },
  }
}

/** Registers a machine and its first credential. It calls nothing before it is started. */
export const enroll = async (
  server: AdminServer & { readonly ca: string },
  { id, kind, api }: { readonly id: string; readonly kind: Kind; readonly api: string },
): Promise<Member> => {
  const input = {
    id,
    capabilities: ['client_credentials'],
    permissions: casesFounding.clients.cb?.permissions ?? [],
    authenticationMethods: [methods[kind]],
    ...(kind === 'dpop' ? { dpopBoundAccessTokens: true } : {}),
    ...(isSecretKind(kind) ? { secret: { type: 'generated' } } : {}),
  }
  const created = await server.call('createClient', {}, { input })
  assert.equal(created.status, 201, created.text)
  const currentTime = server.clock.now
  const held = isSecretKind(kind)
    ? secretHeld(kind, created.body.secret?.secret ?? assert.fail(created.text))
    : kind === 'self-signed'
      ? certificateHeld(id, server.ca)
      : keyHeld(kind, currentTime)
  if (!isSecretKind(kind)) {
    const first = await held.next()
    const added = await server.call('createClientKey', { client: id }, { input: first.registered })
    assert.equal(added.status, 201, added.text)
    first.deploy()
  }
  const source = tokenSource({
    issuer: server.issuer,
    clientId: id,
    credential: held.credential,
    currentTime,
    now: server.clock.elapsed,
    ...(kind === 'dpop' ? { dpop: dpopKey({ currentTime }) } : {}),
  })
  const call = authorizedFetch(source)
  return { id, kind, next: held.next, ...machine(() => call(api)) }
}
