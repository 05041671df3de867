import { type SettingName, settings } from '../config/schema.ts'
import type { Setting } from '../config/setting.ts'
import { withoutPassword } from '../config/store-options.ts'
import { answer, answerFlags, answerFlagsHelp } from './answer.ts'
import { exitCodes, type ServerCommand } from './command.ts'
import { noArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'

const entries = Object.entries(settings) as [SettingName, Setting][]

export const configPrint: ServerCommand = {
  name: 'config print',
  summary: 'Show every setting of the process, its value and where it comes from',
  help: `Shows the settings as the server would use them, and for each where its value comes from:
the file, an environment name, a flag, or the default. Secrets are shown as ***.

Flags:
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark config print --config mintmark.yaml
  mintmark config print --json`,
  run: async (args, terminal) => {
    const { config, sources, flags, positionals } = readProcessConfig(args, terminal.environment, answerFlags)
    noArgument(positionals)
    const rows = entries.map(([name, setting]) => {
      const set = config[name]
      const value = typeof set === 'string' && 'address' in setting ? withoutPassword(set) : set
      const secret = setting.type === 'text' && setting.secret === true
      const fallback = setting.type === 'text' && value === '' ? setting.defaultText : undefined
      const unit = setting.type === 'integer' && setting.unit !== 'port' ? ` ${setting.unit}` : ''
      return {
        path: setting.path,
        value: secret && value !== '' ? '***' : value,
        shown: secret && value !== '' ? '***' : fallback === undefined ? `${value}${unit}` : `(${fallback})`,
        source: sources[name],
      }
    })
    const widths = [
      Math.max(...rows.map(({ path }) => path.length)),
      Math.min(48, Math.max(...rows.map(({ shown }) => shown.length))),
    ] as const
    const lines = rows.map(
      ({ path, shown, source }) => `${path.padEnd(widths[0])}  ${shown.padEnd(widths[1])}  ${source}`,
    )
    const value = Object.fromEntries(rows.map(({ path, value, source }) => [path, { value, source }]))
    answer(terminal, flags, lines, value)
    return exitCodes.done
  },
}
