import type { ForeignCommand } from '@mintmark/cli'
import { interruption, untilPipeCloses } from './signals.ts'
import { version } from './version.ts'

/** The commands that need to know all others. */
const knowsAll: readonly string[] = ['help', 'completion']

/** The commands whose start somebody waits for: they load nothing of the commands that speak to a server. */
const startsServer: readonly string[] = ['serve', 'dev']

/** Whether it is certain from the first word that no code of the server is needed. */
const isClientCommand = async (word: string | undefined): Promise<boolean> => {
  if (word === undefined || knowsAll.includes(word) || startsServer.includes(word)) return false
  const { cliCommands } = await import('@mintmark/cli')
  return cliCommands.some(({ name }) => name.split(' ')[0] === word)
}

/** Runs a command that speaks to a server, until it is done or Ctrl-C is pressed. */
const runClientCommand = async (args: readonly string[], foreign: readonly ForeignCommand[]): Promise<void> => {
  const { runCli } = await import('@mintmark/cli')
  untilPipeCloses()
  const { stdin, stdout, stderr, env } = process
  const interrupted = interruption()
  const surroundings = { stdin, stdout, stderr, environment: env, interrupted, version: version(), foreign }
  const code = await runCli(args, surroundings)
  process.exitCode = code
  // What was going on when the person gave up is not waited for.
  if (interrupted.aborted) process.exit(code)
}

/** Runs one command line and sets the exit code: commands of the server's machine or those that speak to a server. */
export const main = async (args: readonly string[]): Promise<void> => {
  if (await isClientCommand(args[0])) return runClientCommand(args, [])
  // Loading the server takes far longer than most commands do, so it is loaded when it is needed.
  const { isLocalCommand, localCommands, runLocalCommand } = await import('./local-commands.ts')
  const asked = args[0] === 'help' && isLocalCommand(args.slice(1)) ? [...args.slice(1), '--help'] : args
  if (isLocalCommand(asked)) process.exitCode = await runLocalCommand(asked)
  else await runClientCommand(asked, localCommands)
}
