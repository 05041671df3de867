import { OAuthError } from '@mintmark/protocol'
import { type CountLimited, createRefuseSpent } from '../audit/limit.ts'
import type { RecordEvent } from '../audit/record.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { type Allowance, createAllowances } from '../lib/allowances.ts'
import { createHalfSipHash } from '../lib/half-sip-hash.ts'
import type { Log } from '../lib/log.ts'
import { printable } from '../lib/printable.ts'
import type { Random } from '../lib/random.ts'
import { addressOwner } from '../policy/addresses.ts'

/** How often authentication may fail before attempts are refused unseen. */
export type FailureLimits = {
  /** Of one client, from one address. */
  readonly client: number
  /** Of how many clients from one address; what names no client counts as another each time. */
  readonly address: number
  /** In which a spent limit is whole again, in milliseconds. */
  readonly time: number
}

export const defaultFailureLimits: FailureLimits = { client: 30, address: 100, time: 150_000 }

/** An attempt of somebody to be a client of a workspace. */
export type Attempt = {
  readonly workspace: WorkspaceKey
  readonly address: string
  /** Whom the address stands for. */
  readonly owner: string
  /** Client and address, as a key; undefined as long as the client is not known. */
  pair: string | undefined
}

/** What other nodes are told of a block. */
export type Block = {
  /** What is blocked, as this file names it. */
  readonly key: string
  /** Of its event. */
  readonly reference: string
}

/**
 * Slows down whoever guesses (RFC 6749 §2.3.1): failures are counted by client and address together, so that no stranger locks
 * anybody out at another address, and the clients that fail are counted by address, for who goes through many. Beyond a limit an attempt is
 * refused with 429, whatever it presents: a right secret and a wrong one look the same.
 *
 * Everything is in memory and bounded; no attempt costs more than a few lookups.
 */
export type Throttle = {
  readonly attempt: (workspace: WorkspaceKey, address: string) => Attempt
  /**
   * Before anything is verified. Without a client where only the proof names it, and again when it is known.
   * @throws Refused 429, also as a rejection
   */
  readonly admit: (attempt: Attempt, clientId: string | undefined) => undefined | Promise<never>
  /** Counts an attempt that failed, as far as that was its own fault. */
  readonly failed: (attempt: Attempt, error: unknown) => void
  /** Remembers that a client comes from this address: who goes through many clients there does not lock it out. */
  readonly proven: (attempt: Attempt) => void
  /** Takes over a block of another node. */
  readonly block: (block: Block) => void
  readonly size: () => number
}

/** Clients and addresses that are counted at a time: some 10 MB at the most. */
const capacity = 32_768
/** Places for clients and addresses that were proven, 4 bytes each; a power of two. */
const provenPlaces = 65_536
/** How long a limit must have been whole before reaching it is another event, in milliseconds. */
const quiet = 60_000

const description = 'Client authentication failed too often. Try again later.'

const isFailure = (error: unknown): boolean =>
  error instanceof OAuthError && (error.code === 'invalid_client' || error.code === 'invalid_grant')

/** The key of a pair begins with the one of the address; none has a space. */
const isPair = (key: string): boolean => key.includes(' ')

/**
 * Pairs as hashes, each in the one place it has: what comes later takes it. A first use must leave nothing to collect, and an
 * error is harmless: one in thousands is taken for another that was proven, and then only the limit of its address is not asked.
 */
const createProvenPairs = (random: Random) => {
  const key = Buffer.from(random.bytes(8))
  const hash = createHalfSipHash([key.readUInt32LE(0), key.readUInt32LE(4)])
  const places = new Uint32Array(provenPlaces)
  const of = (pair: string): number => hash(pair) || 1
  return {
    has: (pair: string): boolean => {
      const hashed = of(pair)
      return places[hashed % provenPlaces] === hashed
    },
    add: (pair: string): void => {
      const hashed = of(pair)
      places[hashed % provenPlaces] = hashed
    },
  }
}

export const createThrottle = ({
  limits,
  elapsed,
  random,
  record,
  log,
  count,
  tellOthers = () => {},
}: {
  readonly limits: FailureLimits
  /** Milliseconds that never jump. */
  readonly elapsed: () => number
  readonly random: Random
  readonly record: RecordEvent
  readonly log: Log
  readonly count: CountLimited
  /** Told of each block that begins here. */
  readonly tellOthers?: (block: Block) => void
}): Throttle => {
  const ofClient: Allowance = { burst: limits.client, interval: limits.time / limits.client }
  const ofAddress: Allowance = { burst: limits.address, interval: limits.time / limits.address }
  const allowances = createAllowances({ capacity, quiet, elapsed })
  const provenPairs = createProvenPairs(random)
  const refuseSpent = createRefuseSpent({
    ...{ allowances, random, record, log, count },
    onBlock: ({ key }, reference) => {
      // What somebody put in the place of an id may be a secret, and stays here.
      if (printable(key, key.length) === key) tellOthers({ key, reference })
    },
  })

  const refuse = async (
    { workspace, address }: Attempt,
    limit: 'client-failures' | 'address-failures',
    spent: { readonly key: string; readonly allowance: Allowance; readonly wait: number; readonly client?: string },
  ): Promise<never> => {
    const { client, ...rest } = spent
    throw await refuseSpent({
      ...{ limit, description, ...rest },
      event: (refusal) => ({
        type: 'client-authentication.blocked',
        workspace,
        address,
        ...(client === undefined ? {} : { client: printable(client) }),
        ...refusal,
      }),
    })
  }

  return {
    attempt: (workspace, address) => ({ workspace, address, owner: addressOwner(address), pair: undefined }),
    admit: (attempt, clientId) => {
      const { workspace, owner } = attempt
      if (clientId !== undefined) attempt.pair = `${owner} ${workspace} ${clientId}`
      const { pair } = attempt
      if (allowances.size() === 0) return undefined
      if (pair !== undefined) {
        const wait = allowances.wait(pair, ofClient)
        const client = clientId ?? ''
        if (wait > 0) return refuse(attempt, 'client-failures', { key: pair, allowance: ofClient, wait, client })
        if (provenPairs.has(pair)) return undefined
      }
      const wait = allowances.wait(owner, ofAddress)
      return wait > 0 ? refuse(attempt, 'address-failures', { key: owner, allowance: ofAddress, wait }) : undefined
    },
    failed: ({ owner, pair }, error) => {
      if (!isFailure(error)) return
      // A client that fails again and again is one client: those who share its address must not pay for it.
      if (pair === undefined || allowances.isWhole(pair)) allowances.spend(owner, ofAddress)
      if (pair !== undefined) allowances.spend(pair, ofClient)
    },
    proven: ({ pair }) => {
      if (pair !== undefined) provenPairs.add(pair)
    },
    block: ({ key, reference }) => {
      const known = allowances.noteOf(key)
      allowances.exhaust(key, isPair(key) ? ofClient : ofAddress)
      allowances.note(key, known ?? reference)
    },
    size: allowances.size,
  }
}
