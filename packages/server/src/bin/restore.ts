import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { storeOptions } from '../config/store-options.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { isSealed } from '../keys/master-key.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { createRevocations } from '../registry/revocations.ts'
import { administratorFile } from '../server.ts'
import type { Store } from '../store/store.ts'
import { openStore, restoreStore, storePlace } from '../store/stores.ts'
import { createRevokeTokens } from '../tokens/revoke.ts'
import { answer, answerFlags, answerFlagsHelp } from './answer.ts'
import { exitCodes, type ServerCommand, UsageError } from './command.ts'
import { onlyArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'
import { createProgressBar } from './progress-bar.ts'
import { type RestoreReport, readRestoreReport } from './restore-report.ts'

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** Epoch seconds of `now` or of an RFC 3339 date and time that is not in the future. */
const readTime = (text: string, now: number): number => {
  const time = text === 'now' ? now : Date.parse(text)
  if (text !== 'now' && (!dateTime.test(text) || Number.isNaN(time))) {
    throw new UsageError(`--reject-issued-before takes now or a time such as 2026-07-01T12:00:00Z, not ${text}`)
  }
  if (time > now) throw new UsageError(`--reject-issued-before ${text} is in the future`)
  return Math.floor(time / 1000)
}

const rejectIssued = async (
  store: Store,
  workspaces: readonly WorkspaceKey[],
  until: number,
  clock: Clock,
): Promise<void> => {
  const revoke = createRevokeTokens({ revocations: createRevocations({ store: store.revocations, clock }), clock })
  await Promise.all(workspaces.map((workspace) => revoke.workspace(workspace, { actor: 'system/restore' }, until)))
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const reportLines = ({ workspaces, newestEvent }: RestoreReport): readonly string[] => [
  ...workspaces.map(
    ({ workspace, revision, clients, credentials, apis }) =>
      `  ${workspace}: revision ${revision}, ${counted(clients, 'client')} with ${counted(credentials, 'credential')}, ${counted(apis, 'API')}`,
  ),
  newestEvent === undefined
    ? 'It holds no audit event.'
    : `Its newest audit event is of ${new Date(newestEvent).toISOString()}.`,
]

/** What a backup cannot know, and somebody has to do again. */
const unknown = (rejected: string | undefined): readonly string[] => [
  'Whatever was decided after that is not in it. Do again: clients disabled or deleted, secrets removed,',
  'keys reported as compromised, permissions taken away (your audit export and mintmark plan help).',
  rejected === undefined
    ? 'Tokens revoked after that are valid again until they expire: restore with --reject-issued-before now to prevent it.'
    : `Tokens issued until ${rejected} are rejected in every workspace.`,
]

export const restore: ServerCommand = {
  name: 'restore',
  summary: 'Put a backup in the place of the database of a stopped server',
  help: `Usage: mintmark restore FILE [FLAGS]

Checks FILE, puts a copy of it in the place of the database and reports what it holds. The
server must be stopped. A database that is there stays, unless --replace moves it aside;
one of PostgreSQL must be empty, and a restore that was broken off goes on when run again.
The master key is not part of a backup: it must be in the data directory or the settings.

A backup knows no revocation made after it. --reject-issued-before now makes every token
issued so far invalid at this server; clients simply get new ones.

Flags:
  --reject-issued-before T reject tokens issued until T: now, or 2026-07-01T12:00:00Z
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
    })
    const source = resolve(onlyArgument(positionals, 'FILE'))
    const asked = flags['reject-issued-before']
    const until = typeof asked === 'string' ? readTime(asked, systemClock.now()) : undefined
    const directory = resolve(config.dataDirectory)
    const database = storePlace(config.store, directory)
    const time = new Date(systemClock.now())
    const bar = createProgressBar(terminal, 'Restoring', () => performance.now())
    const options = { ...storeOptions(config), replace: flags.replace === true, time }
    const movedTo = await restoreStore(config.store, directory, source, options, bar.update).finally(bar.finish)

    const store = await openStore(config.store, directory, storeOptions(config))
    try {
      const report = await readRestoreReport(store)
      const workspaces = report.workspaces.map(({ workspace }) => workspace)
      if (until !== undefined) await rejectIssued(store, workspaces, until, systemClock)
      const rejected = until === undefined ? undefined : new Date(until * 1000).toISOString()
      const missing = [
        ...(config.masterKey === '' && (await isSealed(store.settings)) ? ['master-key'] : []),
        administratorFile,
      ].filter((name) => !existsSync(join(directory, name)))
      const lines = [
        `Restored ${database} from ${source}.`,
        ...(movedTo === undefined ? [] : [`The database that was there is ${movedTo} now.`]),
        ...reportLines(report),
        ...unknown(rejected),
        ...missing.map((name) => `${join(directory, name)} is not there: bring it from where the backup was made.`),
      ]
      answer(terminal, flags, lines, {
        database,
        backup: source,
        ...(movedTo === undefined ? {} : { formerDatabase: movedTo }),
        ...report,
        newestEvent: report.newestEvent === undefined ? null : new Date(report.newestEvent).toISOString(),
        rejectedIssuedUntil: rejected ?? null,
        missingFiles: missing,
      })
    } finally {
      await store.close()
    }
    return exitCodes.done
  },
}
