import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
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
  /** Runs `mintmark` to its end; the arguments as one line split at spaces, or as a list. */
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

/** The real `mintmark` process with a data directory and nothing else set. */
export const commandLine = (directory: string, base: Readonly<Record<string, string>> = {}): CommandLine => {
  const transcript: string[] = []
  const start: CommandLine['start'] = (line, { environment = {}, cwd = directory } = {}) => {
    const args = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
    const { PATH = '', NODE_OPTIONS = '' } = process.env
    return spawn(process.execPath, [program, ...args], {
      cwd,
      env: { PATH, NODE_OPTIONS, MINTMARK_DATA_DIR: directory, ...base, ...environment },
    })
  }
  const run: CommandLine['run'] = async (line, extra = {}) => {
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
    transcript.push(stdout, stderr)
    return { code, stdout, stderr }
  }
  return {
    directory,
    run,
    start,
    json: async (line, extra) => {
      const args = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
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
    ...commandLine(directory),
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
