import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

type Program = {
  readonly path: string
  readonly args: (directory: string) => readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Files it reads, by name. */
  readonly files: (directory: string) => Readonly<Record<string, string>>
  readonly port: number
}

/** Starts a program in a folder of its own and waits until it accepts connections. @returns what ends it */
export const startProgram = async ({ path, args, environment, files, port }: Program): Promise<() => Promise<void>> => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-proxy-'))
  for (const [name, text] of Object.entries(files(directory))) writeFileSync(join(directory, name), text)
  const child = spawn(path, args(directory), {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  let over = false
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  }).then(() => {
    over = true
  })
  while (!over && !(await accepts(port))) await Promise.race([ended, pause(10)])
  if (over) throw new Error(`${path} ended before it was ready:\n${output}`)
  return async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
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
