import { createPublicKey } from 'node:crypto'
import { accessTokenPrefix } from '@mintmark/protocol'
import { type AccessTokenClaims, credentialOf } from '../domain/access-token.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { sha256 } from '../lib/digest.ts'
import type { Body } from '../registry/kinds/kind.ts'
import type { Registry } from '../registry/registry.ts'
import type { Entity, Store } from '../store/store.ts'
import type { InspectToken, TokenState } from '../tokens/inspect.ts'
import { sealingKeyOf } from '../tokens/opaque.ts'

/** A credential and whose it is. */
export type Owned = { readonly workspace: WorkspaceKey; readonly entity: Entity }

/** A token of a workspace, alive or dead. */
export type OwnToken = {
  readonly workspace: WorkspaceKey
  readonly claims: AccessTokenClaims
  readonly state: TokenState
}

/**
 * Finds whose a leaked thing is. Every function throws `StoreUnavailableError` when it cannot be known.
 */
export type FindLeaked = {
  /**
   * The credentials of the whole server that a generated secret is, by its SHA-256 in base64url. One read of an index,
   * whether there is one or not.
   */
  readonly bySecret: (digest: string) => Promise<readonly Owned[]>
  /** The token of ours that a text is, whatever workspace issued it. */
  readonly byToken: (text: string) => Promise<OwnToken | undefined>
  /** The credential that obtained a token, by the token's `jti`. */
  readonly byJti: (workspace: WorkspaceKey, jti: string) => Promise<Owned | undefined>
  /** The credentials of a workspace that hold a public key, alone or in a certificate of that key. Reads all of them. */
  readonly byKey: (workspace: WorkspaceKey, jwk: Readonly<Record<string, unknown>>) => Promise<readonly Owned[]>
}

const pageSize = 500

const bodyOf = ({ body }: Entity): Body => JSON.parse(body) as Body

/** The members a public key is, by type (RFC 7518 §6); the first of them that differs from key to key. */
const members = { EC: ['x', 'crv', 'y'], OKP: ['x', 'crv'], RSA: ['n', 'e'] } as const

const spkiDigest = (jwk: Readonly<Record<string, unknown>>): string | undefined => {
  try {
    const der = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'der' })
    return sha256(der).toString('base64url')
  } catch {
    return undefined
  }
}

const claimedIssuer = (jwt: string): string | undefined => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    const { iss } = claims as { readonly iss?: unknown }
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}

export const createFindLeaked = ({
  store,
  registry,
  issuers,
  inspectToken,
}: {
  readonly store: Pick<Store, 'configuration' | 'keys'>
  readonly registry: Pick<Registry, 'workspace'>
  readonly issuers: Issuers
  readonly inspectToken: InspectToken
}): FindLeaked => {
  /** Where a text says it comes from. Nothing of it is proven yet. */
  const claimedWorkspace = async (text: string): Promise<WorkspaceKey | undefined> => {
    if (text.startsWith(accessTokenPrefix)) {
      const kid = sealingKeyOf(text)
      return kid === undefined ? undefined : (await store.keys.listAllKeys()).find((key) => key.kid === kid)?.workspace
    }
    const iss = claimedIssuer(text)
    const [tenant, workspace] = iss?.split('/').slice(-2) ?? []
    const key: WorkspaceKey = `${tenant}/${workspace}`
    return issuers.of(key) === iss ? key : undefined
  }

  const search = async (workspace: WorkspaceKey, text: string): Promise<readonly Entity[]> => {
    const found: Entity[] = []
    let page: readonly Entity[]
    let after = ''
    do {
      page = await store.configuration.list(workspace, 'credential', {
        after,
        limit: pageSize,
        search: text,
        parent: '',
      })
      found.push(...page)
      after = page.at(-1)?.id ?? ''
    } while (page.length === pageSize)
    return found
  }

  return {
    bySecret: (digest) => store.configuration.findSecret(digest),
    byToken: async (text) => {
      const workspace = await claimedWorkspace(text)
      const view = workspace && (await registry.workspace(workspace))
      if (workspace === undefined || view === undefined) return undefined
      const state = await inspectToken(view, text)
      const claims = state.active ? state.claims : state.token?.claims
      return claims && { workspace, claims, state }
    },
    byJti: async (workspace, jti) => {
      const id = credentialOf(jti)
      const entity = id === '' ? undefined : await store.configuration.readEntity(workspace, 'credential', id)
      return entity && { workspace, entity }
    },
    byKey: async (workspace, jwk) => {
      const type = jwk.kty
      const named = type === 'EC' || type === 'OKP' || type === 'RSA' ? members[type] : undefined
      const telling = named === undefined ? undefined : jwk[named[0]]
      if (named === undefined || typeof telling !== 'string' || telling === '') return []
      const digest = spkiDigest(jwk)
      const keys = (await search(workspace, telling)).filter((entity) => {
        const { jwk: stored } = bodyOf(entity) as { readonly jwk?: Readonly<Record<string, string>> }
        return stored !== undefined && named.every((name) => stored[name] === jwk[name])
      })
      const certificates = digest === undefined ? [] : await search(workspace, digest)
      const ofKey = certificates.filter((entity) => bodyOf(entity).digest === digest)
      return [...keys, ...ofKey].map((entity) => ({ workspace, entity }))
    },
  }
}
