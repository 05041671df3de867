import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { stopChild } from '../contenders/fork-contender.ts'

/** What a forked verifier is sent, and what it answers once it listens. */
export type VerifierStart = { readonly table: string }
export type VerifierReady = { readonly port: number }

export type VerifierProcess = { readonly pid: number; readonly port: number; readonly stop: () => Promise<void> }

/** Forks a file beside this one. It ends with the channel, so that it never outlives the benchmark. */
export const startVerifier = async (file: string, table: string): Promise<VerifierProcess> => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code} before it was ready`)
  })
  child.send({ table } satisfies VerifierStart)
  const [{ port }] = (await Promise.race([once(child, 'message'), failed])) as [VerifierReady]
  failed.catch(() => {})
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} has no process id`)
  return { pid, port, stop: () => stopChild(child) }
}
