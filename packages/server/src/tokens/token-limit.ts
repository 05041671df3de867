import { type CountLimited, createRefuseSpent } from '../audit/limit.ts'
import type { RecordEvent } from '../audit/record.ts'
import type { Client } from '../domain/client.ts'
import type { TokenRateLimit, Workspace } from '../domain/workspace.ts'
import { type Allowance, createAllowances } from '../lib/allowances.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'

/**
 * Counts a token that is about to be issued against the limit of its client, or of its workspace for each client without one.
 * @throws Refused 429 beyond it, also as a rejection
 */
export type LimitTokens = (workspace: Workspace, client: Client, address: string) => undefined | Promise<never>

export type TokenLimit = {
  readonly limitTokens: LimitTokens
  /** Clients that are counted now. */
  readonly size: () => number
}

/** Clients with a limit that are counted at a time, on this node: some 15 MB at the most. */
const capacity = 65_536
/** How long a limit must have been whole before reaching it is another event, in milliseconds. */
const quiet = 60_000

const allowanceOf = ({ perSecond, burst }: TokenRateLimit): Allowance => ({
  burst: burst ?? Math.max(1, Math.ceil(perSecond)),
  interval: 1000 / perSecond,
})

/** Each node counts what it issues itself: to count together would cost a message or more for each token. */
export const createTokenLimit = (deps: {
  /** Milliseconds that never jump. */
  readonly elapsed: () => number
  readonly random: Random
  readonly record: RecordEvent
  readonly log: Log
  readonly count: CountLimited
}): TokenLimit => {
  const allowances = createAllowances({ capacity, quiet, elapsed: deps.elapsed })
  const refuseSpent = createRefuseSpent({ ...deps, allowances })

  const refuse = async (spent: Parameters<typeof refuseSpent>[0]): Promise<never> => {
    throw await refuseSpent(spent)
  }

  return {
    limitTokens: (workspace, client, address) => {
      const limit = client.tokenRateLimit ?? workspace.tokenRateLimit
      if (limit === undefined) return undefined
      const key = `${workspace.key} ${client.id}`
      const allowance = allowanceOf(limit)
      const wait = allowances.wait(key, allowance)
      if (wait === 0) {
        allowances.spend(key, allowance)
        return undefined
      }
      return refuse({
        ...{ limit: 'token-rate', key, allowance, wait },
        description: 'The client asks for more tokens than its limit allows. Try again later.',
        event: (refusal) => ({
          ...{ type: 'token.limited', workspace: workspace.key, client: client.id, address },
          ...refusal,
        }),
      })
    },
    size: allowances.size,
  }
}
