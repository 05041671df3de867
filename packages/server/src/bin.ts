import { exitCodes, type ServerCommand, type Terminal } from './bin/command.ts'
import { createServerCommands } from './bin/commands.ts'
import { explainFailure } from './bin/start-error.ts'

export { type ServerCommand, type Terminal, UsageError } from './bin/command.ts'
export { createServerCommands } from './bin/commands.ts'
export { noArgument } from './bin/positional.ts'
export { readProcessConfig, settingFlagsHelp } from './bin/process-config.ts'
export { readFlags } from './bin/read-flags.ts'
export type { Companion } from './bin/serve.ts'
export { untilStopped } from './bin/signals.ts'
export { explainFailure } from './bin/start-error.ts'
export { ConfigError } from './config/load.ts'
export { writePrivateFile } from './lib/private-file.ts'

/**
 * Runs a command of the server's own machine, such as `['serve', '--public-port', '8080']`.
 * @param commands the commands there are
 * @returns the exit code, or undefined when there is no such command
 */
export const runServerCommand = async (
  args: readonly string[],
  terminal: Terminal,
  commands: readonly ServerCommand[] = createServerCommands(),
): Promise<number | undefined> => {
  // The longest name there is: `gateway check` before `gateway`.
  const [command] = commands
    .filter(({ name }) => name.split(' ').every((word, index) => args[index] === word))
    .sort((one, other) => other.name.length - one.name.length)
  if (command === undefined) return undefined
  const own = args.slice(command.name.split(' ').length)
  if (own.includes('--help') || own.includes('-h')) {
    terminal.out(`mintmark ${command.name}: ${command.summary}\n\n${command.help}\n`)
    return exitCodes.done
  }
  try {
    return await command.run(own, terminal)
  } catch (error) {
    const { lines, exitCode } = explainFailure(error)
    for (const line of lines) terminal.err(`mintmark: ${line}\n`)
    if (exitCode === exitCodes.usage) terminal.err(`  see "mintmark help ${command.name}"\n`)
    return exitCode
  }
}
