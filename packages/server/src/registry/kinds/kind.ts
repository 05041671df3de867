import type { Api } from '../../domain/api.ts'
import type { Client } from '../../domain/client.ts'
import type { FederatedCredential } from '../../domain/credential.ts'
import type { Trust } from '../../domain/trust.ts'
import type { Workspace, WorkspaceKey } from '../../domain/workspace.ts'
import type { EntityKind } from '../../store/store.ts'

/** A stored body, read: only the members that were given. */
export type Body = Readonly<Record<string, unknown>>

/** Where an entity lies in its workspace; `parent` is empty for kinds that stand alone. */
export type Place = { readonly kind: EntityKind; readonly id: string; readonly parent: string }

/** What an entity is called in sentences; no two of a workspace are called the same. */
export const placeName = ({ kind, parent, id }: Place): string =>
  parent === '' || kind === 'rotation' ? `${kind} ${id}` : `${kind} ${id} of client ${parent}`

/** Why a change set cannot be committed. */
export type Fault = {
  /**
   * `missing`: what it changes is not there. `exists`: what it creates is there already. `changed`: somebody else changed
   * it meanwhile. `used`: something else still needs what it takes away. `rule`: what it says breaks a rule.
   */
  readonly fault: 'missing' | 'exists' | 'changed' | 'used' | 'rule'
  /** A sentence that names the thing. */
  readonly message: string
  /** JSON pointer to the member at fault. */
  readonly path?: string
}

/** What the server offers to choose from; every list comes from what is registered. */
export type Offered = {
  readonly capabilities: readonly string[]
  readonly authenticationMethods: readonly string[]
  readonly tokenFormats: readonly string[]
  readonly algorithms: readonly string[]
  /** Hosts and addresses on private networks where webhooks may be, by the operator's choice; none by default. */
  readonly webhookHosts?: readonly string[]
  /** Endpoints of a workspace: their names, for aliases, and their paths, which aliases must not take. */
  readonly endpoints: readonly { readonly name: string; readonly path: string }[]
}

/** A workspace as it would be when the change set is committed. */
export type ResultingState = {
  readonly workspace: WorkspaceKey
  readonly now: number
  readonly offered: Offered
  readonly settings: () => Promise<Workspace | undefined>
  readonly apis: () => Promise<readonly Api[]>
  readonly trust: (id: string) => Promise<Trust | undefined>
  readonly client: (id: string) => Promise<Client | undefined>
  /** Every way a client is proven by a platform; reads through the workspace. */
  readonly federated: () => Promise<readonly { readonly client: string; readonly credential: FederatedCredential }[]>
  /** The clients whose settings name an API; reads through the workspace. */
  readonly clientsNaming: (api: string) => Promise<readonly Client[]>
  /** How many webhooks there are. */
  readonly webhooks: () => Promise<number>
  /** Some client that there is, or undefined when there is none. */
  readonly someClient: () => Promise<string | undefined>
  /** Every client with its credentials: for small workspaces only. */
  readonly clients: () => Promise<readonly Client[]>
}

/** An entity before and after a change set; undefined: it is not there. */
export type Transition = { readonly place: Place; readonly before: Body | undefined; readonly after: Body | undefined }

/** One kind of configuration: what it says, what it must keep to, and what of it goes into the history. */
export type Kind = {
  readonly name: EntityKind
  /** Every member, defaults filled in and secrets left out: what is shown and compared. */
  readonly describe: (id: string, body: Body) => Body
  /** The body as the history keeps it: never a secret or its hash. */
  readonly history: (body: Body) => Body
  /** Names only one entity of the server may hold. */
  readonly claims: (body: Body) => readonly string[]
  /** What stands against the change, seen from the state it would lead to. */
  readonly check: (transition: Transition, state: ResultingState) => Promise<readonly Fault[]>
}

export const rule = (message: string, path?: string): Fault => ({
  fault: 'rule',
  message,
  ...(path === undefined ? {} : { path }),
})
