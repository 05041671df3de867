import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ClockWatch } from '../lib/clock-watch.ts'
import { failure, type Log } from '../lib/log.ts'
import type { Statistics } from '../operations/statistics.ts'

/** Something the server does by itself, again and again. */
export type BackgroundTask = {
  readonly name: string
  /** Milliseconds between runs; each run is up to a tenth earlier or later, so that nodes do not act together. */
  readonly interval: number
  /** Whether it also runs once when the server starts. */
  readonly atStart?: true
  /** Whether every node does it, for what is in its own memory; else one node does it for all. */
  readonly everywhere?: true
  /** Whether it forgets for good what is over: not while the clock cannot be believed. */
  readonly forgets: boolean
  /** @param stopped whether the server is stopping, or another node took over, so that long work ends early */
  readonly run: (stopped: () => boolean) => Promise<void>
}

export type Background = {
  readonly start: () => void
  /**
   * Runs a task now, on this node, and waits for it; rejects with its error.
   * @returns whether it ran: one that forgets is held back while the clock cannot be believed
   */
  readonly runNow: (name: string) => Promise<boolean>
  /** Stops: no task begins any more, and the one that runs ends. */
  readonly close: () => Promise<void>
}

/** Runs tasks at their intervals, one at a time. One that fails is logged, counted and tried again at its next time. */
export const createBackground = ({
  tasks,
  clockWatch,
  leads = () => true,
  statistics,
  log,
  jitter = Math.random,
}: {
  readonly tasks: readonly BackgroundTask[]
  readonly clockWatch: ClockWatch
  /** Whether this node is the one that does what one node does for all; by default it is. */
  readonly leads?: () => boolean
  readonly statistics: Pick<Statistics, 'countTask'>
  readonly log: Log
  /** A number from 0 to 1. */
  readonly jitter?: () => number
}): Background => {
  const timers = new Map<string, NodeJS.Timeout>()
  let stopped = false
  let last: Promise<unknown> = Promise.resolve()

  const isOurs = (task: BackgroundTask): boolean => task.everywhere === true || leads()

  /** @param asked whether somebody asks this node for it, whoever does it otherwise */
  const run = async (task: BackgroundTask, asked: boolean): Promise<boolean> => {
    if (stopped || !(asked || isOurs(task))) return false
    if (task.forgets && !clockWatch.steady()) {
      statistics.countTask(task.name, 'held')
      log.warn('task held back: the clock jumped, or is not that of the database', { task: task.name })
      return false
    }
    try {
      await task.run(() => stopped || !(asked || isOurs(task)))
      statistics.countTask(task.name, 'done')
      return true
    } catch (error) {
      statistics.countTask(task.name, 'failed')
      log.error('task failed', { task: task.name, ...failure(error) })
      throw error
    }
  }

  const inTurn = (task: BackgroundTask, asked = false): Promise<boolean> => {
    const running = last.then(() => run(task, asked))
    last = running.catch(() => {})
    return running
  }

  const schedule = (task: BackgroundTask): void => {
    if (stopped) return
    const again = (): void => {
      inTurn(task)
        .catch(() => {})
        .finally(() => schedule(task))
    }
    timers.set(task.name, setTimeout(again, task.interval * (0.9 + 0.2 * jitter())).unref())
  }

  return {
    start: () => {
      for (const task of tasks) {
        schedule(task)
        if (task.atStart === true) inTurn(task).catch(() => {})
      }
    },
    runNow: async (name) => {
      const task = tasks.find((candidate) => candidate.name === name)
      if (task === undefined) throw new Error(`no such task: ${name}`)
      return inTurn(task, true)
    },
    close: async () => {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      await last
    },
  }
}

/** Rows one purge transaction removes: no request waits long behind it. */
const purgeBatch = 500

/** Forgets rows in small transactions until none is left; other writes go between them. */
export const purgeInBatches = async (
  purge: (limit: number) => Promise<number>,
  stopped: () => boolean,
): Promise<number> => {
  let total = 0
  for (;;) {
    const purged = await purge(purgeBatch)
    total += purged
    if (purged === 0 || stopped()) return total
    await nextTurn()
  }
}
