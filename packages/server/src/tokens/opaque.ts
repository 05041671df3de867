import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { accessTokenPrefix, openFormat, sealFormat } from '@mintmark/protocol'
import type { AccessTokenClaims, Confirmation } from '../domain/access-token.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Keyring, SealingKey } from '../keys/keyring.ts'
import type { TokenFormat } from './format.ts'

/** The first byte of the sealed bytes; another layout gets another number. */
const version = 1
const kidLength = 16
const saltLength = 16
const tagLength = 16
const headLength = 1 + kidLength + saltLength

/**
 * Each token is sealed under a key and nonce of its own, derived from the sealing key and the token's 128 random bits: a
 * key may so seal any number of tokens, where random 96-bit nonces under one key would be worn out after 2^32
 * (NIST SP 800-38D §8.3).
 */
const derive = (key: SealingKey, salt: Uint8Array): { readonly key: Buffer; readonly nonce: Buffer } => {
  const derived = createHmac('sha512', key.secret).update('mintmark opaque token').update(salt).digest()
  return { key: derived.subarray(0, 32), nonce: derived.subarray(32, 44) }
}

/** What binds the sealed claims to their place: layout, key and workspace. */
const context = (workspace: WorkspaceKey, kid: string): Buffer => Buffer.from(`${version} ${kid} ${workspace}`)

type Carried = readonly [
  aud: AccessTokenClaims['aud'],
  client: string,
  scope: string | null,
  iat: number,
  exp: number,
  credential: string,
  iss: string,
]
/** A bound token carries one value more; one that was made before there were any reads the same. */
type CarriedBound = readonly [...Carried, cnf?: Confirmation]

/** The id of the key that a text claims to be sealed under; undefined when it is no opaque token. Nothing is proven by it. */
export const sealingKeyOf = (token: string): string | undefined => {
  const bytes = openFormat(accessTokenPrefix, token)
  if (bytes === undefined || bytes.length < headLength + tagLength || bytes[0] !== version) return undefined
  return Buffer.from(bytes.subarray(1, 1 + kidLength)).toString('latin1')
}

/**
 * Opaque access tokens: claims under authenticated encryption, readable by this server alone, and no row anywhere. The
 * random half of `jti` is the salt, so both travel once.
 */
export const createOpaqueFormat = ({ keyring }: { readonly keyring: Keyring }): TokenFormat => {
  const encodeWith = (workspace: WorkspaceKey, key: SealingKey, claims: AccessTokenClaims): string => {
    const dot = claims.jti.indexOf('.')
    const salt = Buffer.from(claims.jti.slice(dot + 1), 'base64url')
    const carried: Carried = [
      claims.aud,
      claims.client_id,
      claims.scope ?? null,
      claims.iat,
      claims.exp,
      claims.jti.slice(0, dot),
      claims.iss,
    ]
    const derived = derive(key, salt)
    const cipher = createCipheriv('aes-256-gcm', derived.key, derived.nonce)
    cipher.setAAD(context(workspace, key.kid))
    const sealed = cipher.update(JSON.stringify(claims.cnf === undefined ? carried : [...carried, claims.cnf]), 'utf8')
    cipher.final()
    return sealFormat(
      accessTokenPrefix,
      Buffer.concat([Uint8Array.of(version), Buffer.from(key.kid, 'latin1'), salt, sealed, cipher.getAuthTag()]),
    )
  }
  return {
    name: 'opaque',
    prepare: (workspace) => {
      const encoder = (key: SealingKey) => ({
        kid: key.kid,
        encode: (claims: AccessTokenClaims) => encodeWith(workspace, key, claims),
      })
      const key = keyring.sealer(workspace)
      return key instanceof Promise ? key.then(encoder) : encoder(key)
    },
    recognises: (token) => token.startsWith(accessTokenPrefix),
    read: async (workspace, token) => {
      const bytes = openFormat(accessTokenPrefix, token)
      if (bytes === undefined || bytes.length < headLength + tagLength || bytes[0] !== version) return undefined
      const kid = Buffer.from(bytes.subarray(1, 1 + kidLength)).toString('latin1')
      const key = await keyring.sealedBy(workspace, kid)
      if (key === undefined) return undefined
      const salt = bytes.subarray(1 + kidLength, headLength)
      const derived = derive(key, salt)
      const decipher = createDecipheriv('aes-256-gcm', derived.key, derived.nonce)
      decipher.setAAD(context(workspace, kid))
      decipher.setAuthTag(bytes.subarray(bytes.length - tagLength))
      try {
        const sealed = decipher.update(bytes.subarray(headLength, bytes.length - tagLength))
        const plain = Buffer.concat([sealed, decipher.final()]).toString('utf8')
        const [aud, client, scope, iat, exp, credential, iss, cnf] = JSON.parse(plain) as CarriedBound
        const jti = `${credential}.${Buffer.from(salt).toString('base64url')}`
        const claims: AccessTokenClaims = {
          iss,
          aud,
          sub: client,
          client_id: client,
          iat,
          exp,
          jti,
          ...(scope === null ? {} : { scope }),
          ...(cnf === undefined ? {} : { cnf }),
        }
        return { claims, kid, format: 'opaque' }
      } catch {
        return undefined
      }
    },
  }
}
