import type { Clock } from '../lib/clock.ts'
import type { CredentialUse, CredentialUseStore } from '../store/store.ts'
import type { NoteUse } from './authenticate.ts'

/** When each credential was last used, and from where: kept in memory and written now and then, never on the token path. */
export type CredentialUses = {
  readonly note: NoteUse
  /**
   * Writes a part of what was noted, the earliest first: in a small workspace all of it, and with a hundred thousand clients
   * in steady use each within ten minutes, so that the writer is not kept from the audit log.
   * @throws StoreUnavailableError, and what could not be written is kept for the next time
   */
  readonly flushSome: () => Promise<void>
  /** Writes all of it, before the end. @throws StoreUnavailableError */
  readonly flush: () => Promise<void>
}

/** Milliseconds between two writes. */
export const credentialUseInterval = 5000
/** Credentials noted between two writes at the most; those beyond are noted at their next use. */
const maximumNoted = 100_000
/** Uses one transaction writes, so that no other write waits long behind it; one write by the way is one transaction. */
const batch = 1000
/** Milliseconds within which a use that waits to be written is late enough: in steady use nothing is noted anew. */
const precision = 10_000

export const createCredentialUses = ({
  store,
  clock,
}: {
  readonly store: CredentialUseStore
  readonly clock: Clock
}): CredentialUses => {
  // By the credential's id alone: the server makes it, of 50 random bits, and the very string is at hand with its hash. Should
  // two workspaces ever have the same one, the earlier use of the two is not shown.
  const noted = new Map<string, CredentialUse>()

  const writeSome = async (some: readonly (readonly [string, CredentialUse])[]): Promise<void> => {
    await store.save(some.map(([, use]) => use))
    // What was noted while this was written is newer, and waits for the next time.
    for (const [id, use] of some) if (noted.get(id) === use) noted.delete(id)
  }

  const write = async (limit: number): Promise<void> => {
    const uses = [...noted.entries().take(limit)]
    for (let start = 0; start < uses.length; start += batch) await writeSome(uses.slice(start, start + batch))
  }

  return {
    note: (workspace, client, credential, address) => {
      const known = noted.get(credential)
      const time = clock.now()
      if (known === undefined && noted.size >= maximumNoted) return
      const same = known !== undefined && known.workspace === workspace && known.address === address
      if (same && Math.abs(time - known.time) < precision) return
      noted.set(credential, { workspace, client, credential, time, address })
    },
    flushSome: () => write(batch),
    flush: () => write(Number.POSITIVE_INFINITY),
  }
}
