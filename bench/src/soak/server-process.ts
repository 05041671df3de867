import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stopChild } from '../contenders/fork-contender.ts'
import { type SeededData, workspace } from '../contenders/mintmark.ts'
import type { Target } from '../contenders/target.ts'
import type { Memory, ServerMessage, ServerReply } from './messages.ts'

export type SoakServer = {
  readonly pid: number
  readonly target: Target & { readonly revocationPath: string; readonly introspectionPath: string }
  readonly adminUrl: string
  /** Of the first administrator. */
  readonly administrator: { readonly clientId: string; readonly clientSecret: string }
  /** Collects its garbage first: nothing should wait for an answer meanwhile. */
  readonly memory: () => Promise<Memory>
  /** Open files, sockets and pipes. */
  readonly descriptors: () => number
  /** Lets time pass at once; returns how far its clock is ahead by now, in milliseconds. */
  readonly pass: (milliseconds: number) => Promise<number>
  /** Lets it forget what is over, as it does every ten minutes; returns how long it took, in milliseconds. */
  readonly forget: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** What `mintmark` starts Node with, and what a soak needs. */
const nodeArguments = ['--max-semi-space-size=8', '--expose-gc']

/** Starts the server of a soak over seeded data. @throws when it does not start */
export const startSoakServer = async (data: SeededData): Promise<SoakServer> => {
  const child = fork(fileURLToPath(new URL('./soak-server.ts', import.meta.url)), [], {
    execArgv: [...process.execArgv, ...nodeArguments],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MINTMARK_'))),
      UV_THREADPOOL_SIZE: '2',
      MINTMARK_DATA_DIR: data.directory,
      MINTMARK_PUBLIC_PORT: '0',
      MINTMARK_ADMIN_PORT: '0',
      MINTMARK_LOG_LEVEL: 'error',
      // So little that events are forgotten within a soak as well.
      MINTMARK_AUDIT_RETENTION: '1',
      ...(data.database === undefined ? {} : { MINTMARK_STORE: data.database.url }),
    },
  })
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4000)
  })
  const gone = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the server ended with ${code ?? signal}\n${complaints}`)
  })
  gone.catch(() => {})
  const next = async (): Promise<ServerReply> => {
    const [reply] = (await Promise.race([once(child, 'message'), gone])) as [ServerReply]
    if (reply.kind === 'error') throw new Error(`the server of the soak: ${reply.message}\n${complaints}`)
    return reply
  }
  const ask = async <K extends ServerReply['kind']>(
    message: ServerMessage,
    kind: K,
  ): Promise<Extract<ServerReply, { kind: K }>> => {
    const answer = next()
    child.send(message)
    const reply = await answer
    if (reply.kind !== kind) throw new Error(`the server of the soak answered ${reply.kind}, not ${kind}`)
    return reply as Extract<ServerReply, { kind: K }>
  }
  const ready = await next()
  const { pid } = child
  if (ready.kind !== 'ready' || pid === undefined) throw new Error('the server of the soak did not start')
  const path = `/${workspace}`
  const issuer = `${ready.publicUrl}${path}`
  return {
    pid,
    target: {
      port: Number(new URL(ready.publicUrl).port),
      tokenPath: `${path}/oauth2/token`,
      introspectionPath: `${path}/oauth2/introspect`,
      revocationPath: `${path}/oauth2/revoke`,
      issuer,
      tokenUrl: `${issuer}/oauth2/token`,
      clients: data.clients,
      introspector: data.introspector,
    },
    adminUrl: ready.adminUrl,
    administrator: JSON.parse(
      readFileSync(join(data.directory, 'administrator.json'), 'utf8'),
    ) as SoakServer['administrator'],
    memory: () => ask({ kind: 'measure' }, 'memory'),
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    pass: async (milliseconds) => (await ask({ kind: 'pass', milliseconds }, 'passed')).ahead,
    forget: async () => (await ask({ kind: 'forget' }, 'forgotten')).milliseconds,
    stop: () => stopChild(child),
  }
}
