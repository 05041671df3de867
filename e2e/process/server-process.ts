import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testStoreEnvironment } from '../../packages/server/test/postgres/test-store.ts'

const program = fileURLToPath(new URL('../../packages/mintmark/bin/mintmark.js', import.meta.url))

/** What ends: a test, or a file of tests by its `after`. */
export type Ending = { readonly after: (action: () => void | Promise<void>) => void }

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** A `mintmark` that runs, or ran. */
export type Program = {
  readonly pid: number
  /** All it wrote so far, to standard output and standard error. */
  readonly output: () => string
  readonly exited: Promise<Exit>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Ends the reading side of what it writes. */
  readonly closeOutput: () => void
}

/** A directory that is gone when the test ends. */
export const temporaryDirectory = (context: Ending): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-process-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Environment without settings of the machine the tests run on. */
const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MINTMARK_')))

/** Starts `mintmark` with arguments; killed when the test ends, if it still runs. */
export const startProgram = (
  context: Ending,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program => {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    env: { ...plainEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const exited = new Promise<Exit>((resolve) => child.on('close', (code, signal) => resolve({ code, signal })))
  context.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    pid: child.pid ?? 0,
    output: () => Buffer.concat(chunks).toString(),
    exited,
    signal: (signal) => void child.kill(signal),
    closeOutput: () => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    },
  }
}

export type ServerProcess = Program & { readonly publicUrl: string; readonly adminUrl: string }

/** Starts `mintmark serve` on free ports and waits until it is ready. */
export const startServerProcess = async (
  context: Ending,
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> => {
  const started = startProgram(context, ['serve', '--data-dir', directory, '--public-port', '0', '--admin-port', '0'], {
    ...(await testStoreEnvironment(directory)),
    ...environment,
  })
  const ready = /mintmark is ready: (\S+) \(public\), (\S+) \(management\)/
  let over = false
  const ended = started.exited.then(() => {
    over = true
  })
  while (!over) {
    const [, publicUrl, adminUrl] = ready.exec(started.output()) ?? []
    if (publicUrl !== undefined && adminUrl !== undefined) return { ...started, publicUrl, adminUrl }
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))])
  }
  throw new Error(`the server ended before it was ready:\n${started.output()}`)
}
