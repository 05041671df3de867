/** A command that speaks to a running server. */
export type CliCommand = { readonly name: string; readonly summary: string }

/** The commands that speak to a running server, one line each. */
export const cliCommands: readonly CliCommand[] = []

/**
 * Runs one command line.
 * @returns the exit code
 */
export const runCli = async (args: readonly string[]): Promise<number> => {
  process.stderr.write(`mintmark: no such command: ${args[0] ?? ''}\nTry: mintmark help\n`)
  return 2
}
