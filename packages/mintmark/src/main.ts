import { runCli } from '@mintmark/cli'
import { runServerCommand, serverCommands, type Terminal } from '@mintmark/server/bin'
import { dev } from './dev.ts'
import { interruption, untilPipeCloses } from './signals.ts'
import { version } from './version.ts'

/** Commands that run on the server's own machine. */
const localCommands = [dev, ...serverCommands]

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  environment: process.env,
  interactive: process.stdout.isTTY === true,
}

const isLocalCommand = (args: readonly string[]): boolean =>
  localCommands.some(({ name }) => name.split(' ').every((word, index) => args[index] === word))

/** Runs a command that speaks to a server, until it is done or Ctrl-C is pressed. */
const runClientCommand = async (args: readonly string[]): Promise<void> => {
  untilPipeCloses()
  const { stdin, stdout, stderr, env } = process
  const interrupted = interruption()
  const code = await runCli(args, {
    stdin,
    stdout,
    stderr,
    environment: env,
    interrupted,
    version: version(),
    foreign: localCommands,
  })
  process.exitCode = code
  // What was going on when the person gave up is not waited for.
  if (interrupted.aborted) process.exit(code)
}

/** Runs one command line and sets the exit code: commands of the server's machine or those that speak to a server. */
export const main = async (args: readonly string[]): Promise<void> => {
  const asked = args[0] === 'help' && isLocalCommand(args.slice(1)) ? [...args.slice(1), '--help'] : args
  if (isLocalCommand(asked)) process.exitCode = (await runServerCommand(asked, terminal, localCommands)) ?? 2
  else await runClientCommand(asked)
}
