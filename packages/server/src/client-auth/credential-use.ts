import type { Clock } from '../lib/clock.ts'
import type { CredentialUse, CredentialUseStore } from '../store/store.ts'
import type { NoteUse } from './authenticate.ts'

/** When each credential was last used, and from where: kept in memory and written now and then, never on the token path. */
export type CredentialUses = {
  readonly note: NoteUse
  /** Writes what was noted; what could not be written is kept for the next time. */
  readonly flush: () => Promise<void>
  /** Writes what was noted, and notes no more. */
  readonly close: () => Promise<void>
}

/** How long a use may wait to be written, in milliseconds. */
const writeEvery = 5000
/** Credentials noted between two writes at the most; those beyond are noted at their next use. */
const maximumNoted = 100_000
/** Uses one transaction writes, so that no other write waits long behind it. */
const batch = 1000

export const createCredentialUses = ({
  store,
  clock,
}: {
  readonly store: CredentialUseStore
  readonly clock: Clock
}): CredentialUses => {
  let noted = new Map<string, CredentialUse>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let closed = false

  const write = async (): Promise<void> => {
    const uses = [...noted]
    noted = new Map()
    for (let start = 0; start < uses.length; start += batch) {
      const some = uses.slice(start, start + batch)
      try {
        await store.save(some.map(([, use]) => use))
      } catch {
        // Only a convenience is late: what was noted meanwhile is newer and wins.
        for (const [name, use] of uses.slice(start)) {
          if (!noted.has(name) && noted.size < maximumNoted) noted.set(name, use)
        }
        return
      }
    }
  }

  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    writing = (writing ?? Promise.resolve()).then(write)
    return writing
  }

  const wake = (): void => {
    if (timer !== undefined || closed) return
    timer = setTimeout(() => {
      timer = undefined
      flush().then(() => {
        if (noted.size > 0) wake()
      })
    }, writeEvery)
    timer.unref()
  }

  return {
    note: (workspace, client, credential, address) => {
      if (closed) return
      const name = `${workspace}/${credential}`
      if (noted.size >= maximumNoted && !noted.has(name)) return
      noted.set(name, { workspace, client, credential, time: clock.now(), address })
      wake()
    },
    flush,
    close: async () => {
      closed = true
      await flush()
    },
  }
}
