import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type BenchKey, type KeyAlgorithm, makeKey } from './bench-key.ts'
import type { Authentication, BenchClient, ContenderOptions, RunningContender, Target } from './target.ts'

/** What the forked file is sent, and what it answers once it listens. */
export type ForkedClient = Pick<BenchClient, 'id' | 'secret'> & {
  /** The public key of a client that proves itself by one. */
  readonly jwk?: BenchKey['jwk'] & { readonly kid: string; readonly alg: string }
}
export type ForkedStart = { readonly clients: readonly ForkedClient[] }
export type ForkedReady = Omit<Target, 'clients' | 'introspector'>

/** Clients with random secrets of 256 bits, or with keys. */
export const randomClients = (
  count: number,
  authentication?: Authentication,
  keyAlgorithm?: KeyAlgorithm,
): readonly BenchClient[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `client-${String(index).padStart(6, '0')}`,
    ...(authentication === 'private_key_jwt'
      ? { secret: '', key: makeKey(keyAlgorithm) }
      : { secret: randomBytes(32).toString('base64url') }),
  }))

const withoutPrivateKey = ({ id, secret, key }: BenchClient): ForkedClient => ({
  ...{ id, secret },
  ...(key === undefined ? {} : { jwk: { ...key.jwk, kid: key.kid, alg: key.algorithm } }),
})

/** Kills a child and resolves when it is gone. */
export const stopChild = async (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000)
  await gone
  clearTimeout(impatience)
}

/**
 * Starts a contender written as a file beside this one. The file gets {@link ForkedStart} as its first message and answers with
 * {@link ForkedReady}. It ends with the channel, so that it never outlives the benchmark, however that dies.
 */
export const forkContender = async (
  file: string,
  { clients: count, authentication, keyAlgorithm, threadPool = 2, nodeArguments = [] }: ContenderOptions,
): Promise<RunningContender> => {
  const clients = randomClients(count, authentication, keyAlgorithm)
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
    execArgv: [...nodeArguments],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threadPool) },
  })
  // Its warnings would tear the progress line; they matter when it does not start.
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000)
  })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code} before it was ready\n${complaints}`)
  })
  child.send({ clients: clients.map(withoutPrivateKey) } satisfies ForkedStart)
  const [ready] = (await Promise.race([once(child, 'message'), failed])) as [ForkedReady]
  failed.catch(() => {})
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} has no process id`)
  const introspector = clients[0]
  return {
    pid,
    target: { ...ready, clients, ...(introspector ? { introspector } : {}) },
    stop: () => stopChild(child),
  }
}
