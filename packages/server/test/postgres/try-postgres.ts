/**
 * A PostgreSQL to try something on, gone when it ends; its URL is written to the file `postgres-url`.
 *
 *   node packages/server/test/postgres/try-postgres.ts
 */
import { rmSync, writeFileSync } from 'node:fs'
import { startPostgres } from './postgres-server.ts'

const server = await startPostgres({ durable: true })
const { url } = await server.createDatabase()
writeFileSync('postgres-url', `${url}\n`, { mode: 0o600 })
process.on('exit', () => rmSync('postgres-url', { force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit())
console.log('PostgreSQL is ready')
setInterval(() => {}, 1000)
