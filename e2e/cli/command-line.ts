import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cliCommands, runCli } from '@mintmark/cli'
import { loadConfig, type RunningServer, startServer } from '@mintmark/server'
import { testStoreEnvironment } from '../../packages/server/test/postgres/test-store.ts'

const program = fileURLToPath(new URL('../../packages/mintmark/bin/mintmark.js', import.meta.url))

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export type Extra = {
  readonly environment?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly cwd?: string
}

export type CommandLine = {
  readonly directory: string
  /** Runs the program `mintmark` to its end; the arguments as one line split at spaces, or as a list. */
  readonly runProgram: (line: string | readonly string[], extra?: Extra) => Promise<Ran>
  /** As `runProgram`; where there is a server, commands that speak to it run in this process, which takes a tenth of the time. */
  readonly run: (line: string | readonly string[], extra?: Extra) => Promise<Ran>
  /** As `run`, of a command that must end with 0 and print JSON. */
  readonly json: <T>(line: string | readonly string[], extra?: Extra) => Promise<T>
  /** A process that is left running. */
  readonly start: (line: string | readonly string[], extra?: Extra) => ChildProcessWithoutNullStreams
  /** Everything that was ever printed, to look for what must not be there. */
  readonly printed: () => string
}

export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-cli-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const wordsOf = (line: string | readonly string[]): readonly string[] =>
  typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line

type Surroundings = Required<Pick<Extra, 'environment' | 'stdin' | 'cwd'>>

/** Runs a command in this process, given all that the program gives it: nothing else of this process is used. */
const runHere = async (args: readonly string[], { environment, stdin, cwd }: Surroundings): Promise<Ran> => {
  const printed = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write: (piece: Buffer, _encoding, done) => {
        printed[name] += piece.toString()
        done()
      },
    })
  const streams = { stdin: Readable.from([Buffer.from(stdin)]), stdout: stream('stdout'), stderr: stream('stderr') }
  const code = await runCli(args, { ...streams, environment, cwd })
  return { code, ...printed }
}

const isCommandOfClients = ([word]: readonly string[]): boolean =>
  cliCommands.some(({ name }) => name.split(' ')[0] === word)

/**
 * `mintmark` with a data directory and nothing else set.
 * @param here whether commands that speak to a server run in this process
 */
export const commandLine = (directory: string, { here = false }: { readonly here?: boolean } = {}): CommandLine => {
  const transcript: string[] = []
  const environmentOf = (environment: Extra['environment']): Record<string, string> => {
    const { PATH = '', NODE_OPTIONS = '' } = process.env
    return { PATH, NODE_OPTIONS, MINTMARK_DATA_DIR: directory, ...environment }
  }
  const start: CommandLine['start'] = (line, { environment, cwd = directory } = {}) =>
    spawn(process.execPath, [program, ...wordsOf(line)], { cwd, env: environmentOf(environment) })
  const runThere = async (line: string | readonly string[], extra: Extra): Promise<Ran> => {
    const child = start(line, extra)
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(extra.stdin ?? '')
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    return { code, stdout, stderr }
  }
  const noted = async (running: Promise<Ran>): Promise<Ran> => {
    const ran = await running
    transcript.push(ran.stdout, ran.stderr)
    return ran
  }
  const runProgram: CommandLine['runProgram'] = (line, extra = {}) => noted(runThere(line, extra))
  const run: CommandLine['run'] = (line, extra = {}) => {
    const words = wordsOf(line)
    if (!here || !isCommandOfClients(words)) return runProgram(words, extra)
    const { environment, stdin = '', cwd = directory } = extra
    return noted(runHere(words, { environment: environmentOf(environment), stdin, cwd }))
  }
  return {
    directory,
    runProgram,
    run,
    start,
    json: async (line, extra) => {
      const args = wordsOf(line)
      const { code, stdout, stderr } = await run([...args, '--json'], extra)
      if (code !== 0) throw new Error(`mintmark ${args.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout)
    },
    printed: () => transcript.join(''),
  }
}

/** A real server on free ports, and the command line that finds it by its data directory. */
export const startServerWithCommandLine = async (
  settings: Readonly<Record<string, string>> = {},
): Promise<CommandLine & { readonly server: RunningServer; readonly restart: () => Promise<RunningServer> }> => {
  const directory = temporaryDirectory()
  const store = await testStoreEnvironment(directory)
  const begin = (ports: Readonly<Record<string, string>>) => {
    const { config } = loadConfig({
      file: undefined,
      environment: { MINTMARK_DATA_DIR: directory, MINTMARK_LOG_LEVEL: 'silent', ...store, ...ports, ...settings },
      flags: {},
    })
    return startServer(config)
  }
  let server = await begin({ MINTMARK_PUBLIC_PORT: '0', MINTMARK_ADMIN_PORT: '0' })
  after(() => server.close())
  const port = (url: string) => new URL(url).port
  return {
    ...commandLine(directory, { here: true }),
    get server() {
      return server
    },
    restart: async () => {
      const ports = { MINTMARK_PUBLIC_PORT: port(server.publicUrl), MINTMARK_ADMIN_PORT: port(server.adminUrl) }
      await server.close()
      server = await begin(ports)
      return server
    },
  }
}
