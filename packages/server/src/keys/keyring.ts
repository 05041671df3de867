import { createPrivateKey, type KeyObject } from 'node:crypto'
import { auditRow } from '../audit/record.ts'
import type { SigningAlgorithm } from '../domain/api.ts'
import { type KeyRecord, keyState } from '../domain/signing-key.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { type LastKnown, nothingLastKnown } from '../store/last-known.ts'
import { type KeyStore, StoreUnavailableError } from '../store/store.ts'
import { makeKey, openKey } from './key-material.ts'
import { newestKid, planFirst } from './schedule.ts'

/** A key that signs, ready to use. */
export type SigningKey = { readonly kid: string; readonly algorithm: SigningAlgorithm; readonly privateKey: KeyObject }
/** A key that seals opaque tokens. */
export type SealingKey = { readonly kid: string; readonly secret: Uint8Array }

/** A workspace's keys, opened. */
type Opened = {
  readonly records: readonly KeyRecord[]
  readonly signing: ReadonlyMap<string, SigningKey>
  /** Public parts of the signing keys, in the order of the records. */
  readonly published: readonly { readonly record: KeyRecord; readonly key: PublishedKey }[]
  readonly sealing: ReadonlyMap<string, SealingKey>
}

type Now<T> = T | Promise<T>

/** The keys of all workspaces. Which one is in use follows from their times and the clock, at every call. */
export type Keyring = {
  /** The key that signs now, made on first need. */
  readonly signer: (workspace: WorkspaceKey, algorithm: SigningAlgorithm) => Now<SigningKey>
  /** The key that seals now, made on first need. */
  readonly sealer: (workspace: WorkspaceKey) => Now<SealingKey>
  /** A sealing key that is active or retired. */
  readonly sealedBy: (workspace: WorkspaceKey, kid: string) => Promise<SealingKey | undefined>
  /** Public JWKs of announced, active and retired keys (RFC 7517), oldest first. */
  readonly published: (workspace: WorkspaceKey) => Promise<readonly PublishedKey[]>
  /** All records of a workspace, newest last; for schedules and administration. */
  readonly records: (workspace: WorkspaceKey) => Promise<readonly KeyRecord[]>
  /** Reads the workspace's keys again; called after any change to them. Without a workspace: those of all. */
  readonly reload: (workspace?: WorkspaceKey) => void
}

export type PublishedKey = {
  readonly kid: string
  readonly kty: string
  readonly alg: SigningAlgorithm
  readonly use: 'sig'
  readonly [parameter: string]: string
}

export const createKeyring = ({
  store,
  masterKey,
  clock,
  random,
  lastKnown = nothingLastKnown,
}: {
  readonly store: KeyStore
  readonly masterKey: Uint8Array
  readonly clock: Clock
  readonly random: Random
  readonly lastKnown?: LastKnown
}): Keyring => {
  const opened = new Map<WorkspaceKey, Opened>()
  /** What was open when it was to be read again, and as of when. */
  const openedLast = new Map<WorkspaceKey, { readonly keys: Opened; readonly asOf: number }>()
  /** What was published last, for as long as the store cannot say what is now. */
  const publishedLast = new Map<WorkspaceKey, Opened['published']>()
  const loading = new Map<WorkspaceKey, Promise<Opened>>()

  const openAll = (records: readonly KeyRecord[]): Opened => {
    const signing = new Map<string, SigningKey>()
    const published: { record: KeyRecord; key: PublishedKey }[] = []
    const sealing = new Map<string, SealingKey>()
    for (const record of records) {
      const plain = openKey(record, masterKey)
      if (plain === undefined)
        throw new StoreUnavailableError(`key ${record.kid} cannot be opened with this master key`)
      if (record.algorithm === 'A256GCM') sealing.set(record.kid, { kid: record.kid, secret: plain })
      else {
        const privateKey = createPrivateKey({ key: Buffer.from(plain), format: 'der', type: 'pkcs8' })
        signing.set(record.kid, { kid: record.kid, algorithm: record.algorithm, privateKey })
        const jwk = JSON.parse(record.publicJwk) as { readonly kty: string }
        published.push({ record, key: { ...jwk, kid: record.kid, alg: record.algorithm, use: 'sig' } })
      }
    }
    return { records, signing, published, sealing }
  }

  const load = (workspace: WorkspaceKey): Now<Opened> => {
    const known = opened.get(workspace)
    if (known !== undefined) return known
    const underway = loading.get(workspace)
    if (underway !== undefined) return underway
    const started: Promise<Opened> = store
      .listKeys(workspace)
      .then((records) => {
        const keys = openAll(records)
        if (loading.get(workspace) === started) {
          opened.set(workspace, keys)
          openedLast.delete(workspace)
        }
        publishedLast.set(workspace, keys.published)
        return keys
      })
      .finally(() => {
        if (loading.get(workspace) === started) loading.delete(workspace)
      })
    loading.set(workspace, started)
    return started
  }

  const reload = (workspace?: WorkspaceKey): void => {
    if (workspace === undefined) {
      for (const [each, keys] of opened) openedLast.set(each, { keys, asOf: lastKnown.asOf() })
      opened.clear()
      loading.clear()
    } else {
      opened.delete(workspace)
      openedLast.delete(workspace)
      loading.delete(workspace)
    }
  }

  /** The keys, or for a while those of before while the store cannot be reached. */
  const loadOrLast = (workspace: WorkspaceKey): Now<Opened> => {
    const last = openedLast.get(workspace)
    return last !== undefined && lastKnown.mayUse(last.asOf) ? last.keys : load(workspace)
  }

  /** Public keys keep no secret and prove nothing by themselves: while the store is away, verifiers are not left without. */
  const publishedNow = async (workspace: WorkspaceKey): Promise<Opened['published']> => {
    try {
      return (await load(workspace)).published
    } catch (error) {
      const last = publishedLast.get(workspace)
      if (last === undefined || !(error instanceof StoreUnavailableError)) throw error
      return last
    }
  }

  /** The key in use: the active one that became active last. */
  const inUse = (keys: Opened, algorithm: KeyRecord['algorithm']): KeyRecord | undefined => {
    const now = clock.now()
    let found: KeyRecord | undefined
    for (const record of keys.records) {
      if (record.algorithm !== algorithm || keyState(record, now) !== 'active') continue
      if (found === undefined || record.activeFrom >= found.activeFrom) found = record
    }
    return found
  }

  const makings = new Map<string, Promise<void>>()
  const makeFirst = (workspace: WorkspaceKey, algorithm: KeyRecord['algorithm'], keys: Opened): Promise<void> => {
    const name = `${workspace} ${algorithm}`
    const underway = makings.get(name)
    if (underway !== undefined) return underway
    const making = (async () => {
      const now = clock.now()
      const records = keys.records.filter((record) => record.algorithm === algorithm)
      const first = planFirst(records, now)
      const expectedNewest = newestKid(records)
      if (first.action === 'wait') {
        throw new StoreUnavailableError(
          `the ${algorithm} key of ${workspace} begins at ${new Date(first.created).toISOString()}, later than now: is the clock right?`,
        )
      }
      const common = { workspace, actor: 'system', algorithm } as const
      if (first.action === 'activate') {
        const events = first.update.map(({ kid }) => auditRow({ type: 'key.rotated', ...common, kid }, now))
        await store.changeKeys({ workspace, algorithm, expectedNewest, insert: [], update: first.update }, events)
      } else {
        const key = await makeKey(workspace, algorithm, { created: now, activeFrom: now }, masterKey, random)
        const event = auditRow({ type: 'key.created', ...common, kid: key.kid }, now)
        await store.changeKeys({ workspace, algorithm, expectedNewest, insert: [key], update: [] }, [event])
      }
      reload(workspace)
    })().finally(() => makings.delete(name))
    makings.set(name, making)
    return making
  }

  const using = async <T>(
    workspace: WorkspaceKey,
    algorithm: KeyRecord['algorithm'],
    pick: (keys: Opened, record: KeyRecord) => T | undefined,
  ): Promise<T> => {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const keys = await loadOrLast(workspace)
      const record = inUse(keys, algorithm)
      const found = record && pick(keys, record)
      if (found !== undefined) return found
      await makeFirst(workspace, algorithm, keys)
    }
    throw new StoreUnavailableError(`no ${algorithm} key of ${workspace} could be made`)
  }

  return {
    signer: (workspace, algorithm) => {
      const keys = opened.get(workspace)
      const record = keys && inUse(keys, algorithm)
      const ready = record && keys.signing.get(record.kid)
      return ready ?? using(workspace, algorithm, (all, { kid }) => all.signing.get(kid))
    },
    sealer: (workspace) => {
      const keys = opened.get(workspace)
      const record = keys && inUse(keys, 'A256GCM')
      const ready = record && keys.sealing.get(record.kid)
      return ready ?? using(workspace, 'A256GCM', (all, { kid }) => all.sealing.get(kid))
    },
    sealedBy: async (workspace, kid) => {
      const keys = await load(workspace)
      const record = keys.records.find((candidate) => candidate.kid === kid)
      if (record === undefined || keyState(record, clock.now()) === 'gone') return undefined
      return keys.sealing.get(kid)
    },
    published: async (workspace) => {
      const published = await publishedNow(workspace)
      const now = clock.now()
      return published.filter(({ record }) => keyState(record, now) !== 'gone').map(({ key }) => key)
    },
    records: async (workspace) => (await load(workspace)).records,
    reload,
  }
}
