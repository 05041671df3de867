import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { storeOptions } from '../config/store-options.ts'
import { systemClock } from '../lib/clock.ts'
import { administratorFile } from '../server/administrator-file.ts'
import { restoreStore, storePlace } from '../store/stores.ts'
import { afterRestore, readRejectionTime, requireMasterKey } from './after-restore.ts'
import { answer, answerFlags, answerFlagsHelp } from './answer.ts'
import { exitCodes, type ServerCommand, UsageError } from './command.ts'
import { onlyArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'
import { createProgressBar } from './progress-bar.ts'
import { reportLines, reportValue, unknownLines } from './restore-report.ts'

export const restore: ServerCommand = {
  name: 'restore',
  summary: 'Put a backup in the place of the database of a stopped server',
  help: `Usage: mintmark restore FILE [FLAGS]

Checks FILE, puts a copy of it in the place of the database and reports what it holds. The
server must be stopped. A database that is there stays, unless --replace moves it aside;
one of PostgreSQL must be empty, and a restore that was broken off goes on when run again.
The master key is not part of a backup: it must be in the data directory or the settings.

A backup knows no revocation made after it. --reject-issued-before now makes every token
issued so far invalid, and replaces the keys, one of which may have been compromised since;
clients simply get new tokens. Client assertions made before the restore are not taken.

Flags:
  --reject-issued-before T reject tokens issued until T: now, or 2026-07-01T12:00:00Z, and give
                           up every key for a new one
  --keep-keys              with that: keep the keys
  --replace                move a database that is there aside
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark restore /backups/mintmark-2026-07-01.sqlite --reject-issued-before now
  mintmark restore mintmark.bak --replace --data-dir /var/lib/mintmark`,
  run: async (args, terminal) => {
    const { config, flags, positionals } = readProcessConfig(args, terminal.environment, {
      ...answerFlags,
      replace: { type: 'boolean' },
      'reject-issued-before': { type: 'string' },
      'keep-keys': { type: 'boolean' },
    })
    const source = resolve(onlyArgument(positionals, 'FILE'))
    const asked = flags['reject-issued-before']
    const keep = flags['keep-keys'] === true
    if (keep && asked === undefined) throw new UsageError('--keep-keys says something with --reject-issued-before only')
    const rejection =
      typeof asked === 'string'
        ? {
            until: readRejectionTime('--reject-issued-before', asked, systemClock.now()),
            masterKey: keep ? undefined : requireMasterKey(config),
          }
        : undefined
    const directory = resolve(config.dataDirectory)
    const database = storePlace(config.store, directory)
    const time = new Date(systemClock.now())
    const bar = createProgressBar(terminal, 'Restoring', () => performance.now())
    const options = { ...storeOptions(config), replace: flags.replace === true, time }
    const movedTo = await restoreStore(config.store, directory, source, options, bar.update).finally(bar.finish)

    const { report, keysReplaced } = await afterRestore(config, rejection, systemClock)
    const rejected = rejection && new Date(rejection.until * 1000).toISOString()
    const missing = [...(config.masterKey === '' ? ['master-key'] : []), administratorFile].filter(
      (name) => !existsSync(join(directory, name)),
    )
    const lines = [
      `Restored ${database} from ${source}.`,
      ...(movedTo === undefined ? [] : [`The database that was there is ${movedTo} now.`]),
      ...reportLines(report),
      ...unknownLines(rejected, keysReplaced),
      ...missing.map((name) => `${join(directory, name)} is not there: bring it from where the backup was made.`),
    ]
    answer(terminal, flags, lines, {
      database,
      backup: source,
      ...(movedTo === undefined ? {} : { formerDatabase: movedTo }),
      ...reportValue(report),
      rejectedIssuedUntil: rejected ?? null,
      keysReplaced,
      missingFiles: missing,
    })
    return exitCodes.done
  },
}
