import type { DocumentInput, SecretInput, WorkspaceDocument } from '@mintmark/protocol/admin'
import type { Client } from '../domain/client.ts'
import type { SecretCredential } from '../domain/credential.ts'
import { readImportedHash } from './imported-hash.ts'
import { isLive, secretKind } from './kinds/credential.ts'
import type { Body, Place } from './kinds/kind.ts'
import type { WorkingState } from './state.ts'
import {
  apiPlace,
  bodyOf,
  clientPlace,
  credentialPlace,
  newCredential,
  type Preparation,
  type Step,
  workspacePlace,
} from './steps.ts'

/** The id of the live credential of a client that a secret proves, or undefined. */
export type FindProven = (client: Client, secret: string) => Promise<string | undefined> | string | undefined

export type DocumentSteps = (input: DocumentInput) => (state: WorkingState) => Promise<readonly Step[]>

type ClientEntry = NonNullable<WorkspaceDocument['clients']>[string]

const put = (place: Place, given: object): Step => ({ action: 'put', place, body: bodyOf(given) })

/** The first live credential that is what the document asks for, among those not taken by another entry. */
const findExisting = async (
  client: Client,
  candidates: readonly SecretCredential[],
  wanted: SecretInput,
  findProven: FindProven,
): Promise<string | undefined> => {
  if (wanted.type === 'generated') {
    return candidates.find(({ hash }) => secretKind(hash) === 'generated')?.id
  }
  if (wanted.type === 'chosen') return findProven({ ...client, credentials: candidates }, wanted.value)
  const imported = readImportedHash(wanted.hash)
  if ('wrong' in imported) return undefined
  return candidates.find(({ hash }) => hash.kind === 'phc' && hash.phc === imported.phc)?.id
}

/** Makes the steps from a workspace as it is to what a document says of it. */
export const createDocumentSteps =
  ({ findProven, ...preparation }: { readonly findProven: FindProven } & Preparation): DocumentSteps =>
  ({ document, prune = false }) =>
  async (state) => {
    const secretSteps = async (id: string, secrets: readonly SecretInput[]): Promise<Step[]> => {
      const client = await state.client(id)
      const live = (client?.credentials ?? []).filter((credential) => isLive(credential, state.now))
      const kept = new Set<string>()
      const steps: Step[] = []
      for (const wanted of secrets) {
        const free = live.filter((credential) => !kept.has(credential.id))
        const existing = client && (await findExisting(client, free, wanted, findProven))
        if (existing === undefined) steps.push(await newCredential(id, wanted, preparation))
        else kept.add(existing)
      }
      const surplus = prune ? live.filter((credential) => !kept.has(credential.id)) : []
      // Removed before others are added: a client has only so many.
      const removals: Step[] = surplus.map((credential) => ({
        action: 'delete',
        place: credentialPlace(id, credential.id),
      }))
      return [...removals, ...steps]
    }

    const clientSteps = async ([id, { secrets, ...given }]: [string, ClientEntry]): Promise<Step[]> => [
      put(clientPlace(id), given),
      ...(secrets === undefined ? [] : await secretSteps(id, secrets)),
    ]

    const unnamed = async (kind: 'api' | 'client', named: object | undefined): Promise<Step[]> => {
      if (!prune) return []
      const ids = await state.ids(kind)
      return ids
        .filter((id) => named === undefined || !Object.hasOwn(named, id))
        .map((id) => ({ action: 'delete', place: kind === 'api' ? apiPlace(id) : clientPlace(id) }))
    }

    const steps: Step[] = []
    const place = workspacePlace(state.workspace)
    if (document.settings !== undefined) steps.push(put(place, document.settings))
    else if ((await state.read(place)).after === undefined) steps.push(put(place, {}))
    for (const [id, given] of Object.entries(document.apis ?? {})) steps.push(put(apiPlace(id), given))
    for (const entry of Object.entries(document.clients ?? {})) steps.push(...(await clientSteps(entry)))
    steps.push(...(await unnamed('client', document.clients)), ...(await unnamed('api', document.apis)))
    return steps
  }

const parts = (state: WorkingState, kind: 'api' | 'client', ids: readonly string[]): Promise<[string, Body][]> =>
  Promise.all(
    ids.map(async (id): Promise<[string, Body]> => [id, (await state.read({ kind, id, parent: '' })).after ?? {}]),
  )

/** A workspace as a document, members that were never given left out, without secrets. */
export const writeDocument = async (state: WorkingState): Promise<WorkspaceDocument> => {
  const [tenant = '', workspace = ''] = state.workspace.split('/')
  const settings = (await state.read(workspacePlace(state.workspace))).after ?? {}
  const apis = await parts(state, 'api', await state.ids('api'))
  const clients = await parts(state, 'client', await state.ids('client'))
  return {
    tenant,
    workspace,
    settings,
    apis: Object.fromEntries(apis),
    clients: Object.fromEntries(clients),
  } as WorkspaceDocument
}
