import { answer, answerFlags, answerFlagsHelp } from './answer.ts'
import { exitCodes, type ServerCommand } from './command.ts'
import { noArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'

export const configCheck: ServerCommand = {
  name: 'config check',
  summary: 'Check the settings of the process, and start nothing',
  help: `Reads the settings as the server would: from a YAML file, the environment and flags. Every
problem is named; exit code 78 when the server would not start with them.

Flags:
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark config check --config mintmark.yaml`,
  run: async (args, terminal) => {
    const { flags, positionals } = readProcessConfig(args, terminal.environment, answerFlags)
    noArgument(positionals)
    answer(terminal, flags, ['The settings are valid.'], { valid: true })
    return exitCodes.done
  },
}
