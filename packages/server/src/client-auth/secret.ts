import { createHmac } from 'node:crypto'
import { clientSecretPrefix } from '@mintmark/protocol'
import type { Client } from '../domain/client.ts'
import type { Credential } from '../domain/credential.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { equalInConstantTime, sha256 } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'
import type { SlowHashes } from './slow-hash.ts'

/** The id of the live credential that a secret proves, or undefined. */
export type VerifySecret = (
  client: Client | undefined,
  secret: string,
) => Promise<string | undefined> | string | undefined

/** A longer secret is refused unread. */
export const maximumSecretLength = 512

const live = (credential: Credential, now: number): boolean =>
  credential.expires === undefined || credential.expires > now

/** A digest nothing has, so that an unknown client costs what a known one does. */
const nobody = Buffer.alloc(32)

const verifyGenerated = (client: Client | undefined, secret: string, now: number): string | undefined => {
  const digest = sha256(secret)
  let proven: string | undefined
  let compared = false
  for (const credential of client?.credentials ?? []) {
    if (credential.hash.kind !== 'sha256') continue
    compared = true
    const equal = equalInConstantTime(digest, Buffer.from(credential.hash.digest, 'base64url'))
    if (equal && live(credential, now)) proven = credential.id
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
 * is answered no sooner than a slow hash takes, whether there was one to check or not: the time does not tell which
 * clients exist.
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

  const verifyChosen = async (client: Client | undefined, secret: string): Promise<string | undefined> => {
    const began = performance.now()
    const now = clock.now()
    for (const credential of client?.credentials ?? []) {
      if (credential.hash.kind !== 'phc' || !live(credential, now)) continue
      const name = createHmac('sha256', remembrance)
        .update(`${credential.id}\0${credential.hash.phc}\0${secret}`)
        .digest('base64')
      if (remembered.get(name) === true) return credential.id
      if (await slowHashes.verify(credential.hash.phc, secret)) {
        remembered.set(name, true)
        return credential.id
      }
    }
    await slowHashes.pace(began)
    return undefined
  }

  return (client, secret) => {
    if (secret.length > maximumSecretLength) return undefined
    if (secret.startsWith(clientSecretPrefix)) return verifyGenerated(client, secret, clock.now())
    return verifyChosen(client, secret)
  }
}
