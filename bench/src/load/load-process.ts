import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { stopChild } from '../contenders/fork-contender.ts'
import type { LoadMessage, LoadReply, LoadResult, OpenLoopResult, OpenLoopRun, Prepare, Run } from './messages.ts'

export type LoadProcess = {
  readonly pid: number
  readonly prepare: (set: Omit<Prepare, 'kind' | 'further'>) => Promise<void>
  /** Throws when a connection was lost or the server stopped answering. */
  readonly run: (run: Omit<Run, 'kind'>) => Promise<LoadResult>
  /** Throws when a connection was lost or an answer was neither a token nor a 503. */
  readonly runOpenLoop: (run: Omit<OpenLoopRun, 'kind'>) => Promise<OpenLoopResult>
  readonly stop: () => Promise<void>
}

/** A message with a million requests would be too long. */
const requestsPerMessage = 50_000

/** Starts the load generator in a process of its own, so that its work is neither on the server's thread nor in its figures. */
export const startLoadProcess = (): LoadProcess => {
  const child = fork(fileURLToPath(new URL('./load.ts', import.meta.url)), [], {
    execArgv: [],
    serialization: 'advanced',
  })
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the load process ended with ${code}`)
  })
  gone.catch(() => {})
  const { pid } = child
  if (pid === undefined) throw new Error('the load process did not start')
  const ask = async (message: LoadMessage): Promise<LoadReply> => {
    child.send(message)
    const [reply] = (await Promise.race([once(child, 'message'), gone])) as [LoadReply]
    if (reply.kind === 'error') throw new Error(`load: ${reply.message}`)
    return reply
  }
  return {
    pid,
    prepare: async (set) => {
      const { requests } = set
      for (let start = 0; start === 0 || start < requests.length; start += requestsPerMessage) {
        const some = requests.slice(start, start + requestsPerMessage)
        await ask({ kind: 'prepare', ...set, requests: some, further: start > 0 })
      }
    },
    run: async (run) => {
      const reply = await ask({ kind: 'run', ...run })
      if (reply.kind !== 'result') throw new Error('the load process answered out of turn')
      return reply.result
    },
    runOpenLoop: async (run) => {
      const reply = await ask({ kind: 'open-loop', ...run })
      if (reply.kind !== 'open-loop-result') throw new Error('the load process answered out of turn')
      return reply.result
    },
    stop: () => stopChild(child),
  }
}
