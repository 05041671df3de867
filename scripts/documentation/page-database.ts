import { readFileSync } from 'node:fs'
import { startPostgres } from '../../packages/server/test/postgres/postgres-server.ts'

const script = (name: string): string => readFileSync(new URL(`../../deploy/postgres/${name}`, import.meta.url), 'utf8')

/** A PostgreSQL as a page has it that began with the scripts of `deploy/postgres`; the page names the passwords. */
export const startDatabase = async (port: number): Promise<{ readonly close: () => Promise<void> }> => {
  const server = await startPostgres({ port })
  await server.query('postgres', script('1-roles.sql'))
  for (const [user, password] of [
    ['mintmark', 'serving'],
    ['mintmark_owner', 'owning'],
  ]) {
    await server.query('postgres', `ALTER ROLE ${user} PASSWORD '${password}'`)
  }
  await server.query('postgres', 'CREATE DATABASE mintmark')
  await server.query('mintmark', script('2-database.sql'))
  return server
}
