import { createHmac } from 'node:crypto'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import { equalInConstantTime } from '../lib/digest.ts'

/** The nonces of DPoP proofs (RFC 9449 §8): nothing is kept of them, and each node accepts those of the others. */
export type DpopNonces = {
  /** The nonce to use from now on; a new one begins every minute. */
  readonly current: (workspace: WorkspaceKey) => string
  /** Whether a nonce is the present one, or the one before or after it: clocks of nodes differ a little. */
  readonly accepts: (workspace: WorkspaceKey, nonce: string) => boolean
}

/** Milliseconds for which a nonce is handed out. */
const turn = 60_000
const nonceLength = 18

/** Nonces are a keyed digest of the time, under a key of their own that follows from the master key. */
export const createDpopNonces = ({
  masterKey,
  clock,
}: {
  readonly masterKey: Uint8Array
  readonly clock: Clock
}): DpopNonces => {
  const key = createHmac('sha256', masterKey).update('mintmark dpop nonce').digest()
  const turnNow = (): number => Math.floor(clock.now() / turn)
  const nonceOf = (workspace: WorkspaceKey, number: number): string =>
    createHmac('sha256', key).update(`${number} ${workspace}`).digest().subarray(0, nonceLength).toString('base64url')
  return {
    current: (workspace) => nonceOf(workspace, turnNow()),
    accepts: (workspace, nonce) => {
      const now = turnNow()
      return [now, now - 1, now + 1].some((number) =>
        equalInConstantTime(Buffer.from(nonce), Buffer.from(nonceOf(workspace, number))),
      )
    },
  }
}
