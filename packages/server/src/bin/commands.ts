import type { ServerCommand } from './command.ts'
import { serve } from './serve.ts'

/** The commands of the server's own machine, one line each. */
export const serverCommands: readonly ServerCommand[] = [serve]
