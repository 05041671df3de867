import { resolve } from 'node:path'
import { storeOptions } from '../config/store-options.ts'
import { migrateStore, storePlace } from '../store/stores.ts'
import { answer, answerFlags, answerFlagsHelp } from './answer.ts'
import { exitCodes, type ServerCommand } from './command.ts'
import { noArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'

export const migrate: ServerCommand = {
  name: 'migrate',
  summary: 'Bring the database to the schema of this version',
  help: `Brings the database to the schema of this version, and makes it where there is none. The
server does the same when it starts; this is for those who want to see it done before, or as
another user of PostgreSQL than the one that serves. Each step is done whole or not at all,
so it may be interrupted. An embedded database must not be in use; PostgreSQL may.

Flags:
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark migrate --data-dir /var/lib/mintmark
  mintmark migrate --store postgres://mintmark_owner@db.example.com/mintmark`,
  run: async (args, terminal) => {
    const { config, flags, positionals } = readProcessConfig(args, terminal.environment, answerFlags)
    noArgument(positionals)
    const directory = resolve(config.dataDirectory)
    const applied = await migrateStore(config.store, directory, storeOptions(config))
    const database = storePlace(config.store, directory)
    const lines =
      applied.length === 0
        ? [`${database} is up to date.`]
        : [...applied.map((name) => `applied ${name}`), `${database} is up to date.`]
    answer(terminal, flags, lines, { database, applied })
    return exitCodes.done
  },
}
