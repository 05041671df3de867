import { cliCommands } from './commands.ts'
import type { ExitCode } from './exit-code.ts'
import { type CliSurroundings, runCommands } from './run.ts'

export type { Command, ForeignCommand } from './command.ts'
export { type ExitCode, exitCode } from './exit-code.ts'
export { flagSummary, flagText, usageLine } from './help.ts'
export type { CliSurroundings } from './run.ts'
export { cliCommands }

/**
 * Runs one command line of `mintmark`: everything but the commands that are the server itself.
 * Never throws and never ends the process; the caller exits with the code.
 * @param args what follows `mintmark`
 */
export const runCli = (args: readonly string[], surroundings: CliSurroundings): Promise<ExitCode> =>
  runCommands(cliCommands, args, surroundings)
