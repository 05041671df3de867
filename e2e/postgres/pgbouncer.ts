import { spawn } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../packages/server/test/free-port.ts'
import { debianProgram } from '../debian/debian-program.ts'

const nobody = { uid: 65_534, gid: 65_534 }

/** A PgBouncer in transaction mode: whoever sends two statements outside of a transaction may send them to two sessions. */
export type PgBouncer = { readonly port: number; readonly close: () => Promise<void> }

export const pgBouncerProgram = () => debianProgram({ packages: ['pgbouncer'], program: 'usr/sbin/pgbouncer' })

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.destroy())
    socket.once('close', (failed) => resolve(!failed))
    socket.once('error', () => {})
  })

/** Passes every database on to a PostgreSQL, as one user of it. */
export const startPgBouncer = async (
  { path, environment }: { readonly path: string; readonly environment: Readonly<Record<string, string>> },
  target: { readonly port: number; readonly user: string; readonly password: string },
): Promise<PgBouncer> => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-pgbouncer-'))
  const port = await freePort()
  const file = join(directory, 'pgbouncer.ini')
  writeFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${target.port} user=${target.user} password='${target.password}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
logfile = ${directory}/log
`,
  )
  const identity = process.getuid?.() === 0 ? nobody : undefined
  if (identity !== undefined) for (const name of [directory, file]) chownSync(name, identity.uid, identity.gid)
  const child = spawn(path, [file], {
    ...identity,
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const until = performance.now() + 10_000
  while (!(await answers(port))) {
    if (performance.now() > until || child.exitCode !== null) {
      throw new Error(`PgBouncer did not start: ${readFileSync(join(directory, 'log'), 'utf8')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    port,
    close: async () => {
      child.kill('SIGKILL')
      await exited
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
