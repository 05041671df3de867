import { failure, type Log } from '../lib/log.ts'

/** Whether this server should be sent requests, and if not why: fixed words, nothing from the inside. */
export type Readiness = {
  readonly reasons: () => Promise<readonly NotReady[]>
  readonly started: () => void
  readonly drain: () => void
}

export type NotReady = 'starting' | 'draining' | CheckName

type CheckName = 'store' | 'keys' | 'clock'

/** How long an answer about store and keys is believed, in milliseconds. */
const believed = 2000
/** How long a probe waits for a new answer before it uses the last one, in milliseconds. */
const patience = 50
/** A check that takes longer than this has failed, in milliseconds. */
const tooLong = 5000

type Check = { readonly name: CheckName; readonly run: () => Promise<unknown> }

/**
 * Asks the store (with a write) and the keys at most every two seconds, whoever probes how often, and answers within
 * 50 ms even when they do not.
 * @param elapsed milliseconds that never go back, such as `performance.now`
 */
export const createReadiness = ({
  checks,
  elapsed,
  log,
}: {
  readonly checks: readonly Check[]
  readonly elapsed: () => number
  readonly log: Log
}): Readiness => {
  let state: 'starting' | 'serving' | 'draining' = 'starting'
  let failed: readonly NotReady[] = []
  let checkedAt = Number.NEGATIVE_INFINITY
  let underway: { readonly since: number; readonly done: Promise<void> } | undefined

  const runAll = async (): Promise<void> => {
    const outcomes = await Promise.all(
      checks.map(async ({ name, run }) => {
        try {
          await run()
          return undefined
        } catch (error) {
          if (!failed.includes(name)) log.error('not ready', { check: name, ...failure(error) })
          return name
        }
      }),
    )
    const found = outcomes.filter((name) => name !== undefined)
    if (failed.length > 0 && found.length === 0) log.info('ready again')
    failed = found
    checkedAt = elapsed()
    underway = undefined
  }

  const check = async (): Promise<readonly NotReady[]> => {
    if (elapsed() - checkedAt < believed) return failed
    underway ??= { since: elapsed(), done: runAll() }
    const { since, done } = underway
    const waited = Promise.withResolvers<void>()
    const timer = setTimeout(waited.resolve, patience)
    await Promise.race([done, waited.promise])
    clearTimeout(timer)
    return underway !== undefined && elapsed() - since > tooLong ? ['store'] : failed
  }

  return {
    reasons: async () => (state === 'serving' ? check() : [state]),
    started: () => {
      if (state === 'starting') state = 'serving'
    },
    drain: () => {
      state = 'draining'
    },
  }
}
