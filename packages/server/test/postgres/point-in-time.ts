import { chmodSync, chownSync, cpSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { until } from '../until.ts'
import type { PostgresServer } from './postgres-server.ts'

/** Settings of a PostgreSQL that archives its log to a folder. */
export const archivingTo = (archive: string): Readonly<Record<string, string>> => {
  // The server may run as another user than the test.
  chmodSync(archive, 0o777)
  return {
    wal_level: 'replica',
    archive_mode: 'on',
    archive_command: `test ! -f ${archive}/%f && cp %p ${archive}/%f`,
  }
}

/**
 * A base backup of a running PostgreSQL by its functions, which is what pg_basebackup does over the network: the packages
 * that tests rely on do not all bring that program.
 * @returns the folder
 */
export const copyRunning = async (
  postgres: Pick<PostgresServer, 'url' | 'directory'>,
  folder: string,
): Promise<string> => {
  const client = new pg.Client({ connectionString: postgres.url('postgres') })
  await client.connect()
  try {
    await client.query("SELECT pg_backup_start('test', true)")
    cpSync(postgres.directory, folder, {
      recursive: true,
      filter: (path) => !/\/(postmaster\.(pid|opts)|server\.log)$|\/pg_(wal|replslot)\/.+/.test(path),
    })
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop()')
    writeFileSync(join(folder, 'backup_label'), String(rows[0]?.labelfile))
  } finally {
    await client.end()
  }
  return folder
}

/** Gives everything in a folder to whom the folder belongs. */
export const own = (folder: string): void => {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(folder)
  for (const name of readdirSync(folder, { recursive: true })) chownSync(join(folder, String(name)), uid, gid)
}

/** Puts a PostgreSQL back to a moment: its data is replaced by a base backup, and the archived log played up to there. */
export const recoverTo = async (
  postgres: PostgresServer,
  {
    base,
    archive,
    database,
    moment,
  }: { readonly base: string; readonly archive: string; readonly database: string; readonly moment: string },
): Promise<void> => {
  const { rows } = await postgres.query(database, 'SELECT pg_walfile_name(pg_current_wal_lsn()) AS file')
  await postgres.query(database, 'SELECT pg_switch_wal()')
  // Not when the file is there: it may not be whole yet.
  await until('the archived log', async () => {
    const found = await postgres.query(database, 'SELECT last_archived_wal >= $1 AS archived FROM pg_stat_archiver', [
      String(rows[0]?.file),
    ])
    return found.rows[0]?.archived === true
  })
  await postgres.stop('immediate')
  for (const name of readdirSync(postgres.directory)) {
    rmSync(join(postgres.directory, name), { recursive: true, force: true })
  }
  cpSync(base, postgres.directory, { recursive: true, preserveTimestamps: true })
  postgres.writeFile(
    'postgresql.auto.conf',
    [
      `restore_command = 'cp ${archive}/%f %p'`,
      `recovery_target_time = '${moment}'`,
      "recovery_target_action = 'promote'",
      '',
    ].join('\n'),
  )
  postgres.writeFile('recovery.signal', '')
  own(postgres.directory)
  await postgres.start()
  await until('the end of the recovery', async () => {
    const found = await postgres.query(database, 'SELECT pg_is_in_recovery() AS recovering')
    return found.rows[0]?.recovering === false
  })
}
