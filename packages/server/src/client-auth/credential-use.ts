import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { printable } from '../lib/printable.ts'
import type { CredentialUse, CredentialUseStore } from '../store/store.ts'
import type { Caller, NoteUse } from './authenticate.ts'

/** When each credential was last used, and by whom: kept in memory and written now and then, never on the token path. */
export type CredentialUses = {
  readonly note: NoteUse
  /**
   * Writes a part of what was noted, the earliest first: in a small workspace all of it, and with a hundred thousand clients
   * in steady use each about every ten minutes, so that the writer is not kept from the audit log.
   * @throws StoreUnavailableError, and what could not be written is kept for the next time
   */
  readonly flushSome: () => Promise<void>
  /** Writes all of it, before the end. @throws StoreUnavailableError */
  readonly flush: () => Promise<void>
}

/** Milliseconds between two writes. */
export const credentialUseInterval = 5000
/** Callers noted between two writes at the most; those beyond are noted at their next use. */
const maximumNoted = 50_000
/** Uses one transaction writes, so that no other write waits long behind it; one write by the way is one transaction. */
const batch = 1000
/** Milliseconds within which a use that waits to be written is late enough: in steady use nothing is noted anew. */
const precision = 10_000

/** Callers of one credential noted between two writes at the most: of more, the latest. */
const callersAtMost = 50
/** Characters kept of what a caller calls itself. */
const agentLength = 120
const instanceLength = 64

/** The header by which a process says that two of its requests are of one process: made anew at each start, and no name. */
export const instanceHeader = 'mintmark-instance'

const textOf = (value: string | readonly string[] | undefined): string =>
  (typeof value === 'string' ? value : (value?.join(' ') ?? '')).slice(0, 256)

/** From where, and as what, a credential is used: kept once for all whose uses come from there. */
type Place = Pick<CredentialUse, 'address' | 'agent' | 'instance'> & {
  /** What tells it from others. */
  readonly name: string
}

/** A use as it waits: tens of thousands do, and with a million clients they would be a part of the memory that counts. */
type Noted = Pick<CredentialUse, 'workspace' | 'client' | 'credential' | 'time'> & { readonly place: Place }

const useOf = ({ workspace, client, credential, time, place: { address, agent, instance } }: Noted): CredentialUse => ({
  ...{ workspace, client, credential, time, address, agent, instance },
})

export const createCredentialUses = ({
  store,
  clock,
}: {
  readonly store: Pick<CredentialUseStore, 'save'>
  readonly clock: Clock
}): CredentialUses => {
  // By the credential's id alone: the server makes it, of 50 random bits, and the very string is at hand with its hash. Should
  // two workspaces ever have the same one, their callers share one bound.
  const noted = new Map<string, Noted[]>()
  let count = 0
  // A fleet calls from few places.
  const places = createBoundedCache<string, Place>(1000)
  const placeOf = ({ address, headers }: Caller): Place => {
    const agent = textOf(headers['user-agent'])
    const instance = textOf(headers[instanceHeader])
    const name = `${address} ${instance} ${agent}`
    const known = places.get(name)
    if (known !== undefined) return known
    const place = {
      ...{ name, address },
      agent: printable(agent, agentLength),
      instance: printable(instance, instanceLength),
    }
    places.set(name, place)
    return place
  }

  const forget = (credential: string, callers: Noted[], index: number): void => {
    callers.splice(index, 1)
    count -= 1
    if (callers.length === 0) noted.delete(credential)
  }

  const writeSome = async (some: readonly Noted[]): Promise<void> => {
    await store.save(some.map(useOf))
    for (const one of some) {
      const callers = noted.get(one.credential) ?? []
      // What was noted while this was written is newer, and waits for the next time.
      const index = callers.indexOf(one)
      if (index >= 0) forget(one.credential, callers, index)
    }
  }

  const write = async (limit: number): Promise<void> => {
    const waiting = noted
      .values()
      .flatMap((callers) => callers.values())
      .take(limit)
      .toArray()
    for (let start = 0; start < waiting.length; start += batch) await writeSome(waiting.slice(start, start + batch))
  }

  return {
    note: (workspace, client, credential, caller) => {
      const place = placeOf(caller)
      const callers = noted.get(credential)
      const index = callers?.findIndex((one) => one.workspace === workspace && one.place.name === place.name) ?? -1
      const known = callers?.[index]
      const time = clock.now()
      if (known !== undefined && Math.abs(time - known.time) < precision) return
      if (known === undefined && count >= maximumNoted) return
      const use = { workspace, client, credential, time, place }
      if (callers === undefined) noted.set(credential, [use])
      else {
        if (known !== undefined) forget(credential, callers, index)
        else if (callers.length >= callersAtMost) forget(credential, callers, 0)
        callers.push(use)
        noted.set(credential, callers)
      }
      count += 1
    },
    flushSome: () => write(batch),
    flush: () => write(Number.POSITIVE_INFINITY),
  }
}
