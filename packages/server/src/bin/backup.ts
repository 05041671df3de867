import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { storeOptions } from '../config/store-options.ts'
import { backupStore, storePlace } from '../store/stores.ts'
import { answer, answerFlags, answerFlagsHelp, sizeText } from './answer.ts'
import { exitCodes, type ServerCommand } from './command.ts'
import { onlyArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'
import { createProgressBar } from './progress-bar.ts'

export const backup: ServerCommand = {
  name: 'backup',
  summary: 'Copy the database to a file, while the server runs',
  help: `Usage: mintmark backup FILE [FLAGS]

Copies the database as it is now to FILE (mode 0600), checks the copy and puts it in place
when it is whole. The server may go on meanwhile. FILE must not exist. It is an SQLite
database, of PostgreSQL too: all rows as of one moment, which mintmark restore puts into
either kind of database.

FILE holds signing keys sealed under the master key, and digests of secrets: keep it as you
keep the data directory, and keep the master key elsewhere: without it FILE is of no use.

Flags:
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark backup /backups/mintmark-2026-07-01.sqlite --data-dir /var/lib/mintmark`,
  run: async (args, terminal) => {
    const { config, flags, positionals } = readProcessConfig(args, terminal.environment, answerFlags)
    const target = resolve(onlyArgument(positionals, 'FILE'))
    const directory = resolve(config.dataDirectory)
    const bar = createProgressBar(terminal, 'Copying', () => performance.now())
    try {
      await backupStore(config.store, directory, target, storeOptions(config), bar.update)
    } finally {
      bar.finish()
    }
    const { size } = statSync(target)
    const database = storePlace(config.store, directory)
    answer(terminal, flags, [`Copied ${database} to ${target} (${sizeText(size)}), whole and checked.`], {
      database,
      backup: target,
      bytes: size,
    })
    return exitCodes.done
  },
}
