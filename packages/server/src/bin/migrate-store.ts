import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { storeOptions, withoutPassword } from '../config/store-options.ts'
import { checkMasterKey, masterKeyFromFile, parseMasterKey } from '../keys/master-key.ts'
import { systemClock } from '../lib/clock.ts'
import { createSystemRandom } from '../lib/random.ts'
import { type MoveStep, moveStore, reopenStore } from '../store/copy/move-store.ts'
import { openCopyEnd } from '../store/stores.ts'
import { answer, answerFlags, answerFlagsHelp, wantsJson } from './answer.ts'
import { exitCodes, type ServerCommand, type Terminal, UsageError } from './command.ts'
import { noArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'
import { createProgressBar } from './progress-bar.ts'

const labels: Readonly<Record<MoveStep, string>> = {
  copying: 'Copying',
  comparing: 'Comparing',
  waiting: 'Catching up',
  finishing: 'Finishing',
}

const urlOf = (flags: Readonly<Record<string, string | boolean | undefined>>, name: string): string => {
  const url = flags[name]
  if (typeof url !== 'string' || url === '') throw new UsageError(`--${name} is missing`)
  if (withoutPassword(url) !== url) {
    throw new UsageError(
      `--${name} has a password, which every user of this machine can see: use MINTMARK_STORE_PASSWORD`,
    )
  }
  return url
}

/** A bar for each step, and one sentence when somebody has to stop the server. */
const createTeller = (terminal: Terminal, place: string, quiet: boolean) => {
  let bar: ReturnType<typeof createProgressBar> | undefined
  let step: MoveStep | undefined
  return {
    tell: (next: MoveStep) => {
      if (next !== step) {
        bar?.finish()
        bar = createProgressBar(terminal, labels[next], () => performance.now())
        step = next
        if (next === 'waiting' && !quiet) {
          terminal.err(
            `Everything is copied. Stop the servers that use ${place}: until then their changes are carried over.\n`,
          )
        }
      }
      return (done: number, total: number) => bar?.update(done, total)
    },
    end: () => bar?.finish(),
  }
}

export const migrateStore: ServerCommand = {
  name: 'migrate-store',
  summary: 'Move everything to another database, while the server runs until the last step',
  help: `Usage: mintmark migrate-store --from URL --to URL [FLAGS]

Copies every row of every table from one database to the other: from SQLite to PostgreSQL,
or back. A server may go on serving from the first meanwhile: its changes are carried over
again and again until it is stopped. Then the rest is copied, every table is compared on both
sides by count and digest, and the first database is marked so that no server starts on it.
Start the servers with the new --store then; ids, revisions, keys, secrets, revocations and
numbers of audit events are what they were.

It may be interrupted at any moment; run it again, and it goes on. The second database must be
empty or half such a copy. The master key of the first must be in the settings or the data
directory: it is the one the servers need afterwards. The password of PostgreSQL is
MINTMARK_STORE_PASSWORD; use the address of the server itself, not of a pooler.

Flags:
  --from URL               the database there is, such as sqlite:mintmark.sqlite
  --to URL                 the one to use from now on, such as postgres://user@host/database
  --ahead                  only copy, beside a running server; run it again without this to finish
  --reopen URL             let a database that was moved be used again: what happened since in
                           the other one is not in it
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark migrate-store --from sqlite:mintmark.sqlite --to postgres://mintmark_owner@db.example.com/mintmark
  mintmark migrate-store --reopen sqlite:mintmark.sqlite`,
  run: async (args, terminal) => {
    const { config, flags, positionals } = readProcessConfig(args, terminal.environment, {
      ...answerFlags,
      from: { type: 'string' },
      to: { type: 'string' },
      ahead: { type: 'boolean' },
      reopen: { type: 'string' },
    })
    noArgument(positionals)
    const directory = resolve(config.dataDirectory)
    const options = storeOptions(config)
    if (flags.reopen !== undefined) {
      const source = await openCopyEnd(urlOf(flags, 'reopen'), directory, 'source', options)
      try {
        const was = await reopenStore(source)
        const line =
          was === undefined
            ? `${source.place} was not moved.`
            : `${source.place} may be used again; it had moved to ${was}.`
        answer(terminal, flags, [line], { database: source.place, movedTo: was ?? null })
      } finally {
        await source.close()
      }
      return exitCodes.done
    }

    const [from, to] = [urlOf(flags, 'from'), urlOf(flags, 'to')]
    if (from.split(':')[0] === to.split(':')[0]) {
      throw new UsageError('--from and --to are the same kind of database: use mintmark backup and restore')
    }
    const source = await openCopyEnd(from, directory, 'source', options)
    try {
      const masterKey =
        config.masterKey === ''
          ? masterKeyFromFile(join(directory, 'master-key'), false, createSystemRandom())
          : parseMasterKey(config.masterKey, 'MINTMARK_MASTER_KEY')
      await checkMasterKey(source.readSetting, masterKey)
      const target = await openCopyEnd(to, directory, 'target', options)
      const teller = createTeller(terminal, source.place, wantsJson(flags))
      const began = performance.now()
      try {
        const { outcome, rows } = await moveStore(source, target, {
          ahead: flags.ahead === true,
          now: () => new Date(systemClock.now()),
          elapsed: () => performance.now(),
          pause: (milliseconds) => delay(milliseconds),
          tell: teller.tell,
        })
        teller.end()
        const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
        const lines = {
          moved: [
            `Moved ${source.place} to ${target.place}: ${total} rows, all compared.`,
            `Start the servers with the store ${withoutPassword(to)}; no server starts on ${source.place} any more.`,
          ],
          ahead: [
            `Copied ${source.place} to ${target.place}: ${total} rows so far.`,
            'Run the same without --ahead to finish.',
          ],
          already: [`${source.place} was moved to ${target.place} already, and all of it is there.`],
        }[outcome]
        answer(terminal, flags, lines, {
          outcome,
          from: source.place,
          to: target.place,
          rows,
          seconds: Math.round((performance.now() - began) / 100) / 10,
        })
      } finally {
        teller.end()
        await target.close()
      }
    } finally {
      await source.close()
    }
    return exitCodes.done
  },
}
