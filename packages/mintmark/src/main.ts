import { runCli } from '@mintmark/cli'
import { runServerCommand, type Terminal } from '@mintmark/server/bin'
import { help, version } from './help.ts'

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  environment: process.env,
  interactive: process.stdout.isTTY === true,
}

/** Runs one command line and sets the exit code: commands of the server's machine, `dev`, or those that speak to a server. */
export const main = async (args: readonly string[]): Promise<void> => {
  const [first] = args
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && args.length === 1)) {
    terminal.out(help())
    return
  }
  if (first === '--version' || first === '-v') {
    terminal.out(`${version()}\n`)
    return
  }
  const asked = first === 'help' ? [...args.slice(1), '--help'] : args
  process.exitCode = (await runServerCommand(asked, terminal)) ?? (await runCli(asked))
}
