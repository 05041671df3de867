import type { ClientKeyInput, DocumentInput, SecretInput, WorkspaceDocument } from '@mintmark/protocol/admin'
import type { Client } from '../domain/client.ts'
import { type Credential, isSecret, type SecretCredential } from '../domain/credential.ts'
import { takeTurns } from '../lib/turns.ts'
import { readImportedHash } from './imported-hash.ts'
import { isLive, secretKind } from './kinds/credential.ts'
import type { Body, Place } from './kinds/kind.ts'
import type { Touched, WorkingState } from './state.ts'
import {
  apiPlace,
  bodyOf,
  clientPlace,
  credentialPlace,
  keyBody,
  newClientKey,
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

/** Clients in a document from which on all of the workspace are read at once. */
const readAllFrom = 200

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

/** The live key of a client that is what the document asks for. */
const findExistingKey = (candidates: readonly Credential[], wanted: ClientKeyInput): string | undefined => {
  const body = keyBody(wanted)
  return candidates.find((one) => one.type === body.type && identifying[one.type](one, body))?.id
}

/** What makes a credential the one that a document means, by type. */
const identifying: Readonly<Record<Credential['type'], (one: Credential, body: Body) => boolean>> = {
  secret: () => false,
  key: (one, body) => one.type === 'key' && one.kid === body.kid,
  'key-set': (one, body) => one.type === 'key-set' && one.uri === body.uri,
  'certificate-subject': (one, body) =>
    one.type === 'certificate-subject' && one.match === body.match && one.value === body.value,
  certificate: (one, body) => one.type === 'certificate' && one.match === body.match && one.digest === body.digest,
}

/** Makes the steps from a workspace as it is to what a document says of it. */
export const createDocumentSteps =
  ({ findProven, ...preparation }: { readonly findProven: FindProven } & Preparation): DocumentSteps =>
  ({ document, prune = false }) =>
  async (state) => {
    const secretSteps = async (id: string, secrets: readonly SecretInput[]): Promise<Step[]> => {
      const client = await state.client(id)
      const live = (client?.credentials ?? []).filter(isSecret).filter((credential) => isLive(credential, state.now))
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

    const keySteps = async (id: string, keys: readonly ClientKeyInput[]): Promise<Step[]> => {
      const client = await state.client(id)
      const live = (client?.credentials ?? []).filter((one) => !isSecret(one) && isLive(one, state.now))
      const kept = keys.map((wanted) => findExistingKey(live, wanted))
      const added = keys.filter((_, index) => kept[index] === undefined)
      const surplus = prune ? live.filter(({ id: key }) => !kept.includes(key)) : []
      return [
        ...surplus.map((key): Step => ({ action: 'delete', place: credentialPlace(id, key.id) })),
        ...added.map((wanted) => newClientKey(id, wanted, preparation)),
      ]
    }

    const clientSteps = async ([id, { secrets, keys, ...given }]: [string, ClientEntry]): Promise<Step[]> => [
      put(clientPlace(id), given),
      ...(secrets === undefined ? [] : await secretSteps(id, secrets)),
      ...(keys === undefined ? [] : await keySteps(id, keys)),
    ]

    const unnamed = async (kind: 'api' | 'client', named: object | undefined): Promise<Step[]> => {
      if (!prune) return []
      const all = await state.all(kind)
      return all
        .map(({ place }) => place.id)
        .filter((id) => named === undefined || !Object.hasOwn(named, id))
        .map((id) => ({ action: 'delete', place: kind === 'api' ? apiPlace(id) : clientPlace(id) }))
    }

    // One long read is cheaper than many short ones.
    if (Object.keys(document.clients ?? {}).length > readAllFrom) await state.all('client')
    const steps: Step[] = []
    const place = workspacePlace(state.workspace)
    if (document.settings !== undefined) steps.push(put(place, document.settings))
    else if ((await state.read(place)).after === undefined) steps.push(put(place, {}))
    for (const [id, given] of Object.entries(document.apis ?? {})) steps.push(put(apiPlace(id), given))
    const turn = takeTurns(100)
    for (const entry of Object.entries(document.clients ?? {})) {
      await turn()
      steps.push(...(await clientSteps(entry)))
    }
    steps.push(...(await unnamed('client', document.clients)), ...(await unnamed('api', document.apis)))
    return steps
  }

const byId = (all: readonly Touched[]): Record<string, Body> =>
  Object.fromEntries(all.map(({ place, after }) => [place.id, after ?? {}]))

/** A workspace as a document, members that were never given left out, without secrets. */
export const writeDocument = async (state: WorkingState): Promise<WorkspaceDocument> => {
  const [tenant = '', workspace = ''] = state.workspace.split('/')
  const settings = (await state.read(workspacePlace(state.workspace))).after ?? {}
  return {
    tenant,
    workspace,
    settings,
    apis: byId(await state.all('api')),
    clients: byId(await state.all('client')),
  } as WorkspaceDocument
}
