import { execFile } from 'node:child_process'
import { existsSync, globSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { StrangerProject } from './stranger-project.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('.', import.meta.url))

const serveOnNode = fileURLToPath(new URL('programs/serve-on-node.mjs', import.meta.url))
const denoRights = ['--quiet', '--no-check', '--allow-net', '--allow-env']

export type Settings = Readonly<Record<string, string>>

type Command = readonly [string, ...string[]]

export interface Runtime {
  readonly name: string
  /** What a program running on it reads in `navigator.userAgent`. */
  readonly userAgent: RegExp
  /** Why it cannot be run here. */
  readonly missing: string | false
  /** The command that serves the default export of a program of the project at the port. */
  readonly serve: (project: StrangerProject, program: string, port: number, settings: Settings) => Promise<Command>
  /** The command that runs a program made for `node:http`, where there is that. */
  readonly run?: ((project: StrangerProject, program: string) => Promise<Command>) | undefined
}

/** Installs what `package-lock.json` beside this file names, once; the runtimes are programs inside of npm packages. */
async function installRuntimes(): Promise<void> {
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return
  // Not `npm ci`, which also wants the packages of every other platform in the lockfile.
  await run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}

/** Those of them that this machine has a package for. */
export async function runtimes(): Promise<readonly Runtime[]> {
  await installRuntimes()
  const find = (pattern: string) => {
    const [path] = globSync(pattern, { cwd: join(folder, 'node_modules') })
    return path === undefined ? undefined : join(folder, 'node_modules', path)
  }
  const runtime = (
    name: string,
    userAgent: RegExp,
    command: string | undefined,
    serve: (command: string) => Runtime['serve'],
    run?: (command: string) => Runtime['run'],
  ): Runtime => ({
    name,
    userAgent,
    missing: command === undefined && `there is no package of ${name} for this machine`,
    serve: serve(command ?? ''),
    run: run?.(command ?? ''),
  })
  return [
    runtime(
      'Node 20',
      /^Node v20\./,
      find('node-*/bin/node'),
      (node) => async (project, program) => [node, serveOnNode, await project.compiled(program)],
      (node) => async (project, program) => [node, await project.compiled(program)],
    ),
    runtime(
      'Bun',
      /^Bun\//,
      find('@oven/bun-*/bin/bun'),
      (bun) => async (project, program) => [bun, join(project.folder, program)],
      (bun) => async (project, program) => [bun, join(project.folder, program)],
    ),
    runtime(
      'Deno',
      /^Deno\//,
      find('@deno/*/deno'),
      (deno) => async (project, program, port) => {
        const at = ['--host', '127.0.0.1', '--port', String(port)]
        return [deno, 'serve', ...denoRights, ...at, join(project.folder, program)]
      },
      (deno) => async (project, program) => [deno, 'run', ...denoRights, join(project.folder, program)],
    ),
    runtime(
      'workerd',
      /^Cloudflare-Workers$/,
      find('@cloudflare/workerd-*/bin/workerd'),
      (workerd) => async (project, program, port, settings) => {
        const bundle = await project.bundled(program)
        const configuration = `${bundle}.capnp`
        writeFileSync(configuration, workerdConfiguration(basename(bundle), port, settings))
        return [workerd, 'serve', configuration]
      },
    ),
  ]
}

/** A worker with its settings as bindings, that may reach this machine. */
function workerdConfiguration(bundle: string, port: number, settings: Settings): string {
  const bindings = Object.entries(settings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = [(name = "${bundle}", esModule = embed "${bundle}")],
  compatibilityDate = "2026-10-01",
  bindings = [${bindings.join(', ')}]
);
`
}
