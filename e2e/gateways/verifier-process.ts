import { setTimeout as pause } from 'node:timers/promises'
import { type Program, startProgram } from '../process/server-process.ts'
import type { GuardedWorkspace } from './contract/guarded-workspace.ts'

export type VerifierProcess = {
  readonly url: string
  readonly output: () => string
  /** Ends it as a crash would. */
  readonly stop: () => Promise<void>
}

/** Starts `mintmark gateway` or `mintmark proxy` as a program of its own and waits until it is ready. */
export const startVerifierProcess = async (
  command: 'gateway' | 'proxy',
  { routesFile, environment }: Pick<GuardedWorkspace, 'routesFile' | 'environment'>,
  { port = 0, flags = [] }: { readonly port?: number; readonly flags?: readonly string[] } = {},
): Promise<VerifierProcess> => {
  const listen = ['--listen', `127.0.0.1:${port}`, '--log-level', 'warn']
  const endings: (() => void | Promise<void>)[] = []
  const program = startProgram(
    { after: (action) => void endings.push(action) },
    [command, '--routes', routesFile, ...listen, ...flags],
    environment,
  )
  const url = await readyUrl(program)
  if (url === undefined) throw new Error(`mintmark ${command} ended before it was ready:\n${program.output()}`)
  return { url, output: program.output, stop: async () => void (await Promise.all(endings.map((end) => end()))) }
}

const readyUrl = async (program: Program): Promise<string | undefined> => {
  let over = false
  const ended = program.exited.then(() => {
    over = true
  })
  while (!over) {
    const [, url] = /is ready: (http:[^\s,]+)/.exec(program.output()) ?? []
    if (url !== undefined) return url
    await Promise.race([ended, pause(10)])
  }
  return undefined
}
