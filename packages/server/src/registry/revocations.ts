import type { WorkspaceKey } from '../domain/workspace.ts'
import { type Clock, epochSeconds } from '../lib/clock.ts'
import type { AuditRow, Revocation, RevocationStore, RevocationSubject } from '../store/store.ts'

/** What revocations can speak of in one token. */
export type RevocableToken = {
  readonly jti: string
  readonly client: string
  /** Id of the credential that obtained it. */
  readonly credential: string
  /** The key that signed or sealed it. */
  readonly kid: string
  /** Epoch seconds. */
  readonly iat: number
}

/** Everything that is revoked and could still be alive, in memory: asking costs a few map look-ups, however many there are. */
export type Revocations = {
  /**
   * Whether a token is dead by somebody's decision. A value, not a promise, once the live revocations are read.
   * @throws StoreUnavailableError when they could not be read yet: then nobody knows
   */
  readonly isRevoked: (workspace: WorkspaceKey, token: RevocableToken) => boolean | Promise<boolean>
  /**
   * Durable with its audit events first, then in force; when it rejects, nothing changed.
   * @throws StoreUnavailableError
   */
  readonly revoke: (revocations: readonly Revocation[], events: readonly AuditRow[]) => Promise<void>
  /** Reads the live revocations; done by itself on first need, at start so that nobody waits for it. */
  readonly load: () => Promise<void>
  /** Takes in what another node revoked. */
  readonly remember: (revocations: readonly Revocation[]) => void
  /** Believes to know all live ones only when they have been read once more. */
  readonly reload: () => void
  /**
   * Forgets what can no longer matter, in the store in small batches and in memory.
   * @param now epoch seconds
   * @returns how many the store forgot
   */
  readonly purge: (now: number) => Promise<number>
}

type Mark = { readonly issuedUntil: number; readonly expires: number }
type Marks = Readonly<Record<RevocationSubject, Map<string, Mark>>>

/** Rows one purge transaction removes: no request waits long behind it. */
const purgeBatch = 1000

const noMarks = (): Marks => ({
  token: new Map(),
  credential: new Map(),
  client: new Map(),
  workspace: new Map(),
  key: new Map(),
})

/** Seconds by which the clock may have been ahead at start: what seems over for less is loaded all the same. */
const clockMargin = 86_400

/** The value of a credential's revocation: ids of credentials are unique within a client only. */
export const credentialValue = (client: string, credential: string): string => `${client}/${credential}`

export const createRevocations = ({
  store,
  clock,
}: {
  readonly store: RevocationStore
  readonly clock: Clock
}): Revocations => {
  const workspaces = new Map<WorkspaceKey, Marks>()
  let loaded = false
  /** Grows when what is being read may be too old. */
  let reads = 0
  let loading: Promise<void> | undefined

  // The same rule as the store's: both times only grow, so that the order of loading and revoking does not matter.
  const remember = ({ workspace, subject, value, issuedUntil, expires }: Revocation): void => {
    let marks = workspaces.get(workspace)
    if (marks === undefined) {
      marks = noMarks()
      workspaces.set(workspace, marks)
    }
    const known = marks[subject].get(value)
    marks[subject].set(value, {
      issuedUntil: Math.max(issuedUntil, known?.issuedUntil ?? 0),
      expires: Math.max(expires, known?.expires ?? 0),
    })
  }

  const readAll = async (): Promise<void> => {
    let began: number
    do {
      began = reads
      for (const revocation of await store.listLive(epochSeconds(clock) - clockMargin)) remember(revocation)
    } while (began !== reads)
    loaded = true
  }

  const load = (): Promise<void> => {
    loading ??= readAll().finally(() => {
      loading = undefined
    })
    return loading
  }

  const check = (workspace: WorkspaceKey, { jti, client, credential, kid, iat }: RevocableToken): boolean => {
    const marks = workspaces.get(workspace)
    if (marks === undefined) return false
    const issuedBefore = (mark: Mark | undefined): boolean => mark !== undefined && iat <= mark.issuedUntil
    return (
      marks.token.has(jti) ||
      marks.key.has(kid) ||
      issuedBefore(marks.workspace.get('')) ||
      issuedBefore(marks.client.get(client)) ||
      issuedBefore(marks.credential.get(credentialValue(client, credential)))
    )
  }

  return {
    isRevoked: (workspace, token) => (loaded ? check(workspace, token) : load().then(() => check(workspace, token))),
    revoke: async (revocations, events) => {
      await store.add(revocations, events)
      for (const revocation of revocations) remember(revocation)
    },
    load,
    remember: (revocations) => {
      for (const revocation of revocations) remember(revocation)
    },
    reload: () => {
      loaded = false
      reads += 1
    },
    purge: async (now) => {
      let total = 0
      let purged: number
      do {
        purged = await store.purge(now, purgeBatch)
        total += purged
        // Fewer than a batch is not the end: another node may have taken the others of it.
      } while (purged > 0)
      for (const [workspace, marks] of workspaces) {
        let left = 0
        for (const bySubject of Object.values(marks)) {
          for (const [value, { expires }] of bySubject) if (expires <= now) bySubject.delete(value)
          left += bySubject.size
        }
        if (left === 0) workspaces.delete(workspace)
      }
      return total
    },
  }
}
