import type { Command } from './command.ts'
import { completion } from './commands/completion.ts'
import { help } from './commands/help.ts'
import { tokenGet } from './commands/token-get.ts'

/** Every command that speaks to a server, or to nobody, one line each. */
export const cliCommands: readonly Command[] = [tokenGet, help, completion]
