import { createHmac } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { clientSecretPrefix } from '@mintmark/protocol'
import type { Client } from '../domain/client.ts'
import { type Credential, isSecret, type SecretCredential, type SecretHash } from '../domain/credential.ts'
import { proves } from '../domain/credential-state.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { equalInConstantTime, sha256 } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'
import { createLanes } from './lanes.ts'
import type { AdmitAgain } from './method.ts'
import { busy, maximumWaiting, type SlowHashes } from './slow-hash.ts'

/**
 * The id of the live credential that a secret proves, or undefined.
 * @param claimed workspace and id the request claims, whether there is such a client or not; what has waited for others is looked at
 * only when it is admitted again
 */
export type VerifySecret = (
  client: Client | undefined,
  secret: string,
  claimed: {
    readonly workspace: WorkspaceKey
    readonly clientId: string
    readonly admitAgain?: AdmitAgain | undefined
  },
) => Promise<string | undefined> | string | undefined

/** A longer secret is refused unread. */
export const maximumSecretLength = 512

type Chosen = SecretCredential & { readonly hash: Extract<SecretHash, { readonly kind: 'phc' }> }

const isChosen = (credential: Credential): credential is Chosen =>
  isSecret(credential) && credential.hash.kind === 'phc'

/** A digest nothing has, so that an unknown client costs what a known one does. */
const nobody = Buffer.alloc(32)

const verifyGenerated = (client: Client | undefined, secret: string, now: number): string | undefined => {
  const digest = sha256(secret)
  let proven: string | undefined
  let compared = false
  for (const credential of client?.credentials ?? []) {
    if (!isSecret(credential) || credential.hash.kind !== 'sha256') continue
    compared = true
    const equal = equalInConstantTime(digest, Buffer.from(credential.hash.digest, 'base64url'))
    if (equal && proves(credential, now)) proven = credential.id
  }
  if (!compared) equalInConstantTime(digest, nobody)
  return proven
}

/**
 * Verifies secrets. Generated ones carry 256 bits: one SHA-256, compared in constant time. Chosen and imported ones are
 * hashed slowly, in a thread of their own; one that was right is remembered as a keyed digest in memory, so that only the
 * first request pays.
 *
 * A generated secret is told by its prefix, so that whoever presents one never causes a slow hash. Any other wrong secret
 * is answered no sooner than a slow hash takes, whether there was one to check or not, and those for one client id one after
 * the other: neither the time nor how many are answered at once tells which clients exist, and a flood of guesses at one
 * client keeps no other from its hash. What waited is not looked at when those before it have spent the limit of failures: else
 * guesses that come all at once would be as many as may wait.
 */
export const createSecretVerifier = ({
  slowHashes,
  clock,
  random,
}: {
  readonly slowHashes: SlowHashes
  readonly clock: Clock
  readonly random: Random
}): VerifySecret => {
  const remembrance = random.bytes(32)
  const remembered = createBoundedCache<string, true>(20_000)

  const lanes = createLanes(maximumWaiting, busy)

  const nameOf = (id: string, phc: string, secret: string): string =>
    createHmac('sha256', remembrance).update(`${id}\0${phc}\0${secret}`).digest('base64')

  const hashAll = async (chosen: readonly Chosen[], secret: string): Promise<string | undefined> => {
    const began = performance.now()
    for (const { id, hash } of chosen) {
      if (await slowHashes.verify(hash.phc, secret)) {
        remembered.set(nameOf(id, hash.phc, secret), true)
        return id
      }
    }
    await slowHashes.pace(began)
    return undefined
  }

  const verifyChosen: VerifySecret = async (client, secret, { workspace, clientId, admitAgain }) => {
    const now = clock.now()
    const chosen = (client?.credentials ?? []).filter(isChosen).filter((one) => proves(one, now))
    const recall = (): string | undefined =>
      chosen.find(({ id, hash }) => remembered.get(nameOf(id, hash.phc, secret)) === true)?.id
    // The same secret may have waited here and been proven since.
    return (
      recall() ??
      lanes.run(`${workspace}/${clientId}`, async () => {
        if (admitAgain !== undefined) {
          // By the next turn what the one before came to is counted.
          await nextTurn()
          await admitAgain()
        }
        return recall() ?? hashAll(chosen, secret)
      })
    )
  }

  return (client, secret, claimed) => {
    if (secret.length > maximumSecretLength) return undefined
    if (secret.startsWith(clientSecretPrefix)) return verifyGenerated(client, secret, clock.now())
    return verifyChosen(client, secret, claimed)
  }
}
