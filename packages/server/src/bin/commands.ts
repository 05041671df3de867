import { administratorReset } from './administrator-reset.ts'
import { backup } from './backup.ts'
import type { ServerCommand } from './command.ts'
import { configCheck } from './config-check.ts'
import { configPrint } from './config-print.ts'
import { health } from './health.ts'
import { migrate } from './migrate.ts'
import { migrateStore } from './migrate-store.ts'
import { rejectIssuedBefore } from './reject-issued-before.ts'
import { restore } from './restore.ts'
import { type Companion, createServe } from './serve.ts'

/** The commands of the server's own machine, one line each. */
export const createServerCommands = (companion?: Companion): readonly ServerCommand[] => [
  createServe(companion),
  health,
  migrate,
  migrateStore,
  backup,
  restore,
  rejectIssuedBefore,
  configCheck,
  configPrint,
  administratorReset,
]
