import type { DocumentInput, SecretInput, WorkspaceDocument } from '@mintmark/protocol/admin'
import { asTrustAnchor } from '../certificates/trust-anchors.ts'
import type { Client } from '../domain/client.ts'
import { type Credential, isSecret, type SecretCredential } from '../domain/credential.ts'
import { credentialState, isLasting, proves } from '../domain/credential-state.ts'
import type { TrustKeySource } from '../domain/trust.ts'
import { takeTurns } from '../lib/turns.ts'
import { ChangeRefused } from './change-refused.ts'
import type { FederatedClient } from './federation-index.ts'
import { readImportedHash } from './imported-hash.ts'
import { writtenKeySet } from './issuer-key.ts'
import { leakedBefore, secretKind } from './kinds/credential.ts'
import { type Body, type Place, rule } from './kinds/kind.ts'
import { writtenAuthority } from './spiffe-bundle.ts'
import type { Touched, WorkingState } from './state.ts'
import {
  apiPlace,
  bodyOf,
  clientPlace,
  credentialPlace,
  federationBody,
  keyBody,
  newClientKey,
  newCredential,
  newFederation,
  type Preparation,
  type Step,
  trustPlace,
  webhookPlace,
  workspacePlace,
} from './steps.ts'
import { trustBody } from './trust-body.ts'

/** The id of the live credential of a client that a secret proves, or undefined. */
export type FindProven = (client: Client, secret: string) => Promise<string | undefined> | string | undefined

export type DocumentSteps = (input: DocumentInput) => (state: WorkingState) => Promise<readonly Step[]>

type ClientEntry = NonNullable<WorkspaceDocument['clients']>[string]

/** Whether nothing is under way with a credential: it is live, and not frozen. */
const isSettled = (credential: Credential, now: number): boolean =>
  proves(credential, now) && credentialState(credential, now) === 'live'

const isFederated = ({ type }: Credential): boolean => type === 'federated'
const isKey = (one: Credential): boolean => !isSecret(one) && !isFederated(one)

const places = { api: apiPlace, trust: trustPlace, client: clientPlace, webhook: webhookPlace } as const

const put = (place: Place, given: object): Step => ({ action: 'put', place, body: bodyOf(given) })

/** Clients in a document from which on all of the workspace are read at once. */
const readAllFrom = 200

/** The first credential that is what the document asks for, among those not taken by another entry. */
const findExisting = async (
  client: Client,
  candidates: readonly SecretCredential[],
  wanted: SecretInput,
  findProven: FindProven,
): Promise<string | undefined> => {
  if (wanted.type === 'generated') {
    return candidates.find(({ hash }) => secretKind(hash) === 'generated')?.id
  }
  if (wanted.type === 'chosen') {
    // One that is staged or retired is the same secret, though it proves nothing.
    const credentials = candidates.map(({ id, type, hash }) => ({ id, type, hash, expires: undefined }))
    return findProven({ ...client, credentials }, wanted.value)
  }
  const imported = readImportedHash(wanted.hash)
  if ('wrong' in imported) return undefined
  return candidates.find(({ hash }) => hash.kind === 'phc' && hash.phc === imported.phc)?.id
}

/** The credential without a secret that is what the document asks for. */
const findLike = (candidates: readonly Credential[], body: Body): string | undefined =>
  candidates.find((one) => one.type === body.type && identifying[one.type](one, body))?.id

/** What makes a credential the one that a document means, by type. */
const identifying: Readonly<Record<Credential['type'], (one: Credential, body: Body) => boolean>> = {
  secret: () => false,
  // A client that rolled its key over has the key the document means, in its present form.
  key: (one, body) => one.type === 'key' && (one.kid === body.kid || one.origin === body.kid),
  'key-set': (one, body) => one.type === 'key-set' && one.uri === body.uri,
  'certificate-subject': (one, body) =>
    one.type === 'certificate-subject' && one.match === body.match && one.value === body.value,
  certificate: (one, body) => one.type === 'certificate' && one.match === body.match && one.digest === body.digest,
  federated: (one, body) =>
    one.type === 'federated' && one.trust === body.trust && JSON.stringify(one.match) === JSON.stringify(body.match),
}

/**
 * A retired credential is not registered anew by a file that was written before: that would undo a rotation, or the answer to a
 * leak, whenever it is applied.
 * @throws ChangeRefused
 */
const assertNotRetired = ({ id: client, credentials }: Client, found: string | undefined): void => {
  const retired = credentials.find(({ id }) => id === found)
  if (retired === undefined) return
  const { id, type, leaked } = retired
  if (leaked !== undefined) {
    // What is only a name may be good again, when whatever got out of there is.
    const isName = type === 'federated' || type === 'key-set' || type === 'certificate-subject'
    const named = `client ${client}: its credential ${id} was retired after a leak: remove it first if it is to count again`
    throw new ChangeRefused([isName ? rule(named) : leakedBefore(client, type)])
  }
  const message = `client ${client}: its credential ${id} is retired: leave it out of the document, or make it live again`
  throw new ChangeRefused([rule(message)])
}

/** Makes the steps from a workspace as it is to what a document says of it. */
export const createDocumentSteps =
  ({ findProven, ...preparation }: { readonly findProven: FindProven } & Preparation): DocumentSteps =>
  ({ document, prune = false }) =>
  async (state) => {
    /**
     * The credentials that a document speaks of, the live ones first. A rotation under way is left as it is: one that is
     * staged, drains or is frozen counts as there when the document means it, and is no surplus when it does not.
     */
    const lastingOf = (client: Client | undefined): readonly Credential[] => {
      const lasting = (client?.credentials ?? []).filter((one) => isLasting(one, state.now))
      return [
        ...lasting.filter((one) => isSettled(one, state.now)),
        ...lasting.filter((one) => !isSettled(one, state.now)),
      ]
    }

    const retiredOf = (client: Client | undefined): readonly Credential[] =>
      (client?.credentials ?? []).filter((one) => credentialState(one, state.now) === 'retired')

    const secretSteps = async (id: string, secrets: readonly SecretInput[]): Promise<Step[]> => {
      const client = await state.client(id)
      const lasting = lastingOf(client).filter(isSecret)
      const kept = new Set<string>()
      const steps: Step[] = []
      for (const wanted of secrets) {
        const free = lasting.filter((credential) => !kept.has(credential.id))
        const existing = client && (await findExisting(client, free, wanted, findProven))
        if (existing !== undefined) {
          kept.add(existing)
          continue
        }
        const retired = retiredOf(client).filter(isSecret)
        if (client && retired.length > 0 && wanted.type !== 'generated') {
          assertNotRetired(client, await findExisting(client, retired, wanted, findProven))
        }
        steps.push(await newCredential(id, wanted, preparation))
      }
      const surplus = prune ? lasting.filter((one) => isSettled(one, state.now) && !kept.has(one.id)) : []
      // Removed before others are added: a client has only so many.
      const removals: Step[] = surplus.map((credential) => ({
        action: 'delete',
        place: credentialPlace(id, credential.id),
      }))
      return [...removals, ...steps]
    }

    /** Credentials without a secret: those there are stay, the others come, and with `prune` what is not named goes. */
    const openSteps = async <Wanted>(
      id: string,
      all: readonly Wanted[],
      isOurs: (one: Credential) => boolean,
      bodyFor: (wanted: Wanted) => Body,
      make: (client: string, wanted: Wanted, deps: Preparation) => Step,
    ): Promise<Step[]> => {
      const client = await state.client(id)
      const lasting = lastingOf(client).filter(isOurs)
      const kept = all.map((wanted) => findLike(lasting, bodyFor(wanted)))
      const added = all.filter((_, index) => kept[index] === undefined)
      for (const wanted of added) {
        if (client) assertNotRetired(client, findLike(retiredOf(client).filter(isOurs), bodyFor(wanted)))
      }
      const surplus = prune ? lasting.filter((one) => isSettled(one, state.now) && !kept.includes(one.id)) : []
      return [
        ...surplus.map((one): Step => ({ action: 'delete', place: credentialPlace(id, one.id) })),
        ...added.map((wanted) => make(id, wanted, preparation)),
      ]
    }

    const clientSteps = async ([id, { secrets, keys, federations, ...given }]: [string, ClientEntry]): Promise<
      Step[]
    > => [
      put(clientPlace(id), given),
      ...(secrets === undefined ? [] : await secretSteps(id, secrets)),
      ...(keys === undefined ? [] : await openSteps(id, keys, isKey, keyBody, newClientKey)),
      ...(federations === undefined
        ? []
        : await openSteps(id, federations, isFederated, federationBody, newFederation)),
    ]

    const unnamed = async (kind: keyof typeof places, named: object | undefined): Promise<Step[]> => {
      if (!prune) return []
      const all = await state.all(kind)
      return all
        .map(({ place }) => place.id)
        .filter((id) => named === undefined || !Object.hasOwn(named, id))
        .map((id) => ({ action: 'delete', place: places[kind](id) }))
    }

    // One long read is cheaper than many short ones.
    if (Object.keys(document.clients ?? {}).length > readAllFrom) await state.all('client')
    const steps: Step[] = []
    const place = workspacePlace(state.workspace)
    if (document.settings !== undefined) steps.push(put(place, document.settings))
    else if ((await state.read(place)).after === undefined) steps.push(put(place, {}))
    for (const [id, given] of Object.entries(document.apis ?? {})) steps.push(put(apiPlace(id), given))
    for (const [id, given] of Object.entries(document.trusts ?? {})) steps.push(put(trustPlace(id), trustBody(given)))
    for (const [id, given] of Object.entries(document.webhooks ?? {})) steps.push(put(webhookPlace(id), given))
    const turn = takeTurns(100)
    for (const entry of Object.entries(document.clients ?? {})) {
      await turn()
      steps.push(...(await clientSteps(entry)))
    }
    steps.push(...(await unnamed('client', document.clients)), ...(await unnamed('api', document.apis)))
    steps.push(...(await unnamed('trust', document.trusts)))
    steps.push(...(await unnamed('webhook', document.webhooks)))
    return steps
  }

const mapped = (all: readonly Touched[], write: (one: Touched) => Body): Record<string, Body> =>
  Object.fromEntries(all.map((one) => [one.place.id, write(one)]))

const byId = (all: readonly Touched[]): Record<string, Body> => mapped(all, ({ after }) => after ?? {})

const writtenWebhook = ({ after }: Touched): Body => {
  const { secrets: _secrets, ...given } = after ?? {}
  return given
}

/** Uploaded keys as the key set they came in. */
const writtenTrust = ({ after = {} }: Touched): Body => {
  const keys = after.keys as TrustKeySource
  if (keys.type !== 'jwks') return { ...after, keys }
  const authorities = (keys.authorities ?? [])
    .map((der) => asTrustAnchor(Buffer.from(der, 'base64')))
    .flatMap((anchor) => ('wrong' in anchor ? [] : [writtenAuthority(anchor)]))
  const jwks = { keys: [...writtenKeySet(keys.keys).keys, ...authorities] }
  return { ...after, keys: { type: 'jwks', jwks } }
}

const writtenFederation = ({ credential: { trust, match, expires } }: FederatedClient): Body => ({
  trust,
  match,
  ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
})

/** A workspace as a document, members that were never given left out, without secrets. */
export const writeDocument = async (state: WorkingState): Promise<WorkspaceDocument> => {
  const [tenant = '', workspace = ''] = state.workspace.split('/')
  const trusts = await state.all('trust')
  const webhooks = await state.all('webhook')
  const live = (await state.federated()).filter(({ credential }) => isSettled(credential, state.now))
  const workloads = Map.groupBy(live, ({ client }) => client)
  const settings = (await state.read(workspacePlace(state.workspace))).after ?? {}
  return {
    tenant,
    workspace,
    settings,
    apis: byId(await state.all('api')),
    ...(trusts.length === 0 ? {} : { trusts: mapped(trusts, writtenTrust) }),
    ...(webhooks.length === 0 ? {} : { webhooks: mapped(webhooks, writtenWebhook) }),
    clients: mapped(await state.all('client'), ({ place, after }) => {
      const federations = workloads.get(place.id)
      return federations === undefined ? (after ?? {}) : { ...after, federations: federations.map(writtenFederation) }
    }),
  } as WorkspaceDocument
}
