import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../packages/server/test/free-port.ts'

/** What a gateway stands between; both on 127.0.0.1, without a path. */
export type GatewaySurroundings = {
  /** Where `mintmark gateway` answers. */
  readonly verifierUrl: string
  /** The API. */
  readonly upstreamUrl: string
}

export type RunningGateway = {
  readonly url: string
  /** What its program printed so far. */
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** A program that stands in front of an API and asks Mintmark about every request, with its configuration from `deploy/`. */
export type GatewayServer = {
  readonly name: string
  /** What the caller gets while the verifier does not answer. */
  readonly statusWithoutVerifier: 503 | 500
  /** Whether it speaks HTTP/2 without TLS as well, to callers who begin with it. */
  readonly http2: boolean
  /** Why it cannot run on this machine, or `false`. Gets the program where the machine lacks it, which may take a while. */
  readonly skip: () => Promise<string | false>
  readonly start: (surroundings: GatewaySurroundings) => Promise<RunningGateway>
}

/** Ports as the files in `deploy/` name them. */
const readyPorts = { listen: '8000', verifier: '6752', upstream: '6751' } as const

/** A gateway's folder and addresses for one run. */
export type Workplace = {
  readonly directory: string
  readonly port: number
  /**
   * Writes a file of `deploy/` into the folder, changed by nothing but the ports, what lies elsewhere, and that the lines for
   * a header `X-Api-Key`, which routes add, are no comments.
   * @returns its path
   */
  readonly place: (file: string, moved?: Readonly<Record<string, string>>) => string
  /** Writes a file of the test itself. @returns its path */
  readonly write: (name: string, text: string) => string
}

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url))

const makeWorkplace = async ({ verifierUrl, upstreamUrl }: GatewaySurroundings): Promise<Workplace> => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-gateway-'))
  const port = await freePort()
  const ports = new Map([
    [readyPorts.listen, String(port)],
    [readyPorts.verifier, new URL(verifierUrl).port],
    [readyPorts.upstream, new URL(upstreamUrl).port],
  ])
  const write = (name: string, text: string) => {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  }
  const place = (file: string, moved: Readonly<Record<string, string>> = {}) => {
    let text = readFileSync(join(deploy, file), 'utf8')
    text = text.replace(/(?<=[: ])\d{4}\b/g, (digits) => ports.get(digits as never) ?? digits)
    text = text.replace(/^([ \t]*)# (?!For each)(?=.*x[-_]api[-_]key)/gim, '$1')
    for (const [from, to] of Object.entries(moved)) {
      if (!text.includes(from)) throw new Error(`deploy/${file} has no ${from}`)
      text = text.replaceAll(from, to)
    }
    return write(file.slice(file.lastIndexOf('/') + 1), text)
  }
  return { directory, port, place, write }
}

/** How a gateway's program is started in its workplace. */
export type Command = {
  readonly program: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it does its work already; by default it does once it accepts connections. */
  readonly ready?: (url: string) => Promise<boolean>
}

/** Starts a gateway and waits until it accepts connections. */
export const startGatewayServer = async (
  surroundings: GatewaySurroundings,
  command: (workplace: Workplace) => Command | Promise<Command>,
): Promise<RunningGateway> => {
  const workplace = await makeWorkplace(surroundings)
  const url = `http://127.0.0.1:${workplace.port}`
  const { program, args, environment, ready = async () => true } = await command(workplace)
  const child = spawn(program, args, {
    cwd: workplace.directory,
    env: { ...process.env, HOME: workplace.directory, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (text: string) => {
    output = (output + text).slice(-50_000)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  let over = false
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      keep(error.message)
      resolve()
    })
    child.once('close', () => resolve())
  }).then(() => {
    over = true
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(workplace.directory, { recursive: true, force: true })
  }
  while (!over && !((await accepts(workplace.port)) && (await ready(url)))) await Promise.race([ended, pause(10)])
  if (over) {
    await stop()
    throw new Error(`${program} ended before it was ready:\n${output}`)
  }
  return { url, output: () => output, stop }
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
