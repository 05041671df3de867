import { ConfigError, loadConfig, type Sources } from '../config/load.ts'
import { unsafeSettings } from '../config/safety.ts'
import { type Config, type SettingName, settings } from '../config/schema.ts'
import type { Setting } from '../config/setting.ts'
import { storeOptions, withoutPassword } from '../config/store-options.ts'
import { storeProblem } from '../store/stores.ts'
import { readFlags } from './read-flags.ts'

const flagged = (Object.entries(settings) as [SettingName, Setting][]).filter(([, { flag }]) => flag !== undefined)

/** `--public-port PORT`, `--tls off|dev|files`: a flag with what stands for its value, its own last word where it has no short choices. */
const withValue = (flag: string, setting: Setting): string => {
  const choices = setting.type === 'text' ? (setting.choices?.join('|') ?? '') : ''
  const word = (flag.split('-').at(-1) ?? '').toUpperCase()
  return `${flag} ${choices !== '' && choices.length < 16 ? choices : word}`
}

/** The flags that every command of the server's machine takes, one line each. */
export const settingFlagsHelp = (): string =>
  [
    '  --config FILE            read settings from a YAML file (also MINTMARK_CONFIG)',
    ...flagged.map(([, setting]) => `  ${withValue(setting.flag ?? '', setting).padEnd(25)}${setting.sentence}`),
  ].join('\n')

/**
 * Reads the process's settings from file, environment and flags.
 * @param more flags of the command's own, for `parseArgs`
 * @throws UsageError for an unknown flag, ConfigError for settings that must not start
 */
export const readProcessConfig = <O extends Record<string, { type: 'string' | 'boolean' }>>(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  more: O,
): {
  readonly config: Config
  readonly sources: Sources
  readonly flags: Readonly<Partial<Record<keyof O, string | boolean>>>
  readonly positionals: readonly string[]
} => {
  const options: Record<string, { type: 'string' | 'boolean' }> = { ...more, config: { type: 'string' } }
  for (const [, { flag }] of flagged) options[(flag ?? '').slice(2)] = { type: 'string' }
  const { flags: values, positionals } = readFlags(args, options)
  const given: Partial<Record<SettingName, string>> = {}
  for (const [name, { flag }] of flagged) {
    const value = values[(flag ?? '').slice(2)]
    if (typeof value === 'string') given[name] = value
  }
  if (given.store !== undefined && withoutPassword(given.store) !== given.store) {
    throw new ConfigError([
      '--store has a password, which every user of this machine can see: use MINTMARK_STORE_PASSWORD',
    ])
  }
  const file = typeof values.config === 'string' ? values.config : environment.MINTMARK_CONFIG
  const { config, sources } = loadConfig({ file, environment, flags: given })
  const wrongStore = storeProblem(config.store, storeOptions(config))
  const problems = [...unsafeSettings(config), ...(wrongStore === undefined ? [] : [wrongStore])]
  if (problems.length > 0) throw new ConfigError(problems)
  return { config, sources, flags: values as Partial<Record<keyof O, string | boolean>>, positionals }
}
