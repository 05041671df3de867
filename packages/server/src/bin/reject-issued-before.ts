import { resolve } from 'node:path'
import { systemClock } from '../lib/clock.ts'
import { storePlace } from '../store/stores.ts'
import { afterRestore, readRejectionTime, requireMasterKey } from './after-restore.ts'
import { answer, answerFlags, answerFlagsHelp } from './answer.ts'
import { exitCodes, type ServerCommand } from './command.ts'
import { onlyArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'
import { reportLines, reportValue, unknownLines } from './restore-report.ts'

export const rejectIssuedBefore: ServerCommand = {
  name: 'reject-issued-before',
  summary: 'Reject every token issued until a time, after the database was put back to an earlier one',
  help: `Usage: mintmark reject-issued-before TIME [FLAGS]

For a database that was put back by other means than mintmark restore: point-in-time recovery
of PostgreSQL, a snapshot of a disk. Run it before any server starts on it. In every workspace
tokens issued until TIME (now, or 2026-07-01T12:00:00Z) are rejected; every signing and sealing
key is given up and a new one is in use at once, so that APIs which verify by themselves
reject them too, as soon as they fetch the keys. Assertions and proofs made before now are
not taken, since the database has forgotten which were used; new ones are. Audit events go on
with numbers that were never given.

Flags:
  --keep-keys              keep the keys: only if none was compromised since the time it is of
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark reject-issued-before now --store postgres://mintmark_owner@db.example.com/mintmark`,
  run: async (args, terminal) => {
    const { config, flags, positionals } = readProcessConfig(args, terminal.environment, {
      ...answerFlags,
      'keep-keys': { type: 'boolean' },
    })
    const until = readRejectionTime('TIME', onlyArgument(positionals, 'TIME'), systemClock.now())
    const masterKey = flags['keep-keys'] === true ? undefined : requireMasterKey(config)
    const { report, keysReplaced } = await afterRestore(config, { until, masterKey }, systemClock)
    const rejected = new Date(until * 1000).toISOString()
    const database = storePlace(config.store, resolve(config.dataDirectory))
    answer(terminal, flags, [`${database} holds:`, ...reportLines(report), ...unknownLines(rejected, keysReplaced)], {
      database,
      ...reportValue(report),
      rejectedIssuedUntil: rejected,
      keysReplaced,
    })
    return exitCodes.done
  },
}
