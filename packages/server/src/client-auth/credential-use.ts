import type { Clock } from '../lib/clock.ts'
import type { CredentialUse, CredentialUseStore } from '../store/store.ts'
import type { NoteUse } from './authenticate.ts'

/** When each credential was last used, and from where: kept in memory and written now and then, never on the token path. */
export type CredentialUses = {
  readonly note: NoteUse
  /**
   * Writes what was noted; what could not be written is kept for the next time.
   * @throws StoreUnavailableError
   */
  readonly flush: () => Promise<void>
}

/** Milliseconds between two writes. */
export const credentialUseInterval = 5000
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
  const noted = new Map<string, CredentialUse>()

  const writeSome = async (some: readonly (readonly [string, CredentialUse])[]): Promise<void> => {
    await store.save(some.map(([, use]) => use))
    // What was noted while this was written is newer, and waits for the next time.
    for (const [name, use] of some) if (noted.get(name) === use) noted.delete(name)
  }

  return {
    note: (workspace, client, credential, address) => {
      const name = `${workspace}/${credential}`
      if (noted.size >= maximumNoted && !noted.has(name)) return
      noted.set(name, { workspace, client, credential, time: clock.now(), address })
    },
    flush: async () => {
      const uses = [...noted]
      for (let start = 0; start < uses.length; start += batch) await writeSome(uses.slice(start, start + batch))
    },
  }
}
