import type {
  ApiView,
  ClientKeyView,
  ClientView,
  CreatedSecret,
  FederationView,
  SecretView,
  TrustView,
  WorkspaceView,
} from '@mintmark/protocol/admin'
import type { ClaimMatcher } from '../domain/claim-matcher.ts'
import { credentialState, lifeOf, proves } from '../domain/credential-state.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Body } from '../registry/kinds/kind.ts'
import { kindNamed } from '../registry/kinds.ts'
import { matcherWarnings } from '../registry/matchers.ts'
import type { CredentialLastUse, Entity } from '../store/store.ts'

export const instant = (milliseconds: number): string => new Date(milliseconds).toISOString()

export const bodyOfEntity = ({ body }: Entity): Body => JSON.parse(body) as Body

export const workspaceView = (key: WorkspaceKey, body: Body, revision: number, issuers: Issuers): WorkspaceView => {
  const [tenant = '', id = ''] = key.split('/')
  const settings = kindNamed('workspace').describe(key, body)
  return { tenant, id, issuer: issuers.of(key), ...settings, revision } as WorkspaceView
}

export const apiView = (id: string, body: Body, revision: number): ApiView =>
  ({ id, ...kindNamed('api').describe(id, body), revision }) as ApiView

export const clientView = (id: string, body: Body, revision: number): ClientView =>
  ({ id, ...kindNamed('client').describe(id, body), revision }) as ClientView

export const trustView = (id: string, body: Body, revision: number): TrustView =>
  ({ id, ...kindNamed('trust').describe(id, body), revision }) as TrustView

/** Where in its life a credential is, whatever kind it is of. */
export const lifeView = (body: Body, now: number, use: CredentialLastUse | undefined) => {
  const life = lifeOf(body)
  const expires = body.expires === undefined ? undefined : Number(body.expires)
  return {
    state: credentialState(life, now),
    ...(expires === undefined ? {} : { expires: instant(expires) }),
    ...(life.drainsUntil === undefined ? {} : { drainsUntil: instant(life.drainsUntil) }),
    ...(life.retired === undefined ? {} : { retired: instant(life.retired) }),
    ...(life.frozen === undefined ? {} : { frozen: instant(life.frozen) }),
    live: proves({ ...life, expires }, now),
    ...(use === undefined ? {} : { lastUsed: { time: instant(use.time), address: use.address } }),
  }
}

export const secretView = (
  id: string,
  body: Body,
  revision: number,
  now: number,
  use: CredentialLastUse | undefined,
): SecretView => {
  const { secret, hint, created } = kindNamed('credential').describe(id, body) as {
    readonly secret: SecretView['kind']
    readonly hint: string
    readonly created: string
  }
  return {
    id,
    kind: secret,
    hint,
    created,
    ...lifeView(body, now, use),
    revision,
  }
}

export const clientKeyView = (
  id: string,
  body: Body,
  revision: number,
  now: number,
  use: CredentialLastUse | undefined,
): ClientKeyView => {
  const { staged: _staged, ...described } = kindNamed('credential').describe(id, body)
  return {
    id,
    ...described,
    ...lifeView(body, now, use),
    revision,
  } as ClientKeyView
}

export const federationView = (
  id: string,
  body: Body,
  revision: number,
  now: number,
  use: CredentialLastUse | undefined,
): FederationView => {
  const { type: _type, staged: _staged, ...described } = kindNamed('credential').describe(id, body)
  const match = described.match as readonly ClaimMatcher[]
  return {
    id,
    ...described,
    warnings: [...matcherWarnings(match)],
    ...lifeView(body, now, use),
    revision,
  } as FederationView
}

/** A new secret, with its value when the server made it: the one answer that shows it. */
export const createdSecretView = (
  id: string,
  body: Body,
  revision: number,
  now: number,
  shown: string | undefined,
): CreatedSecret => ({
  ...secretView(id, body, revision, now, undefined),
  ...(shown === undefined ? {} : { secret: shown }),
})
