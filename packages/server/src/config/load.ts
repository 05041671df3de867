import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { nearName } from './near-name.ts'
import { type Config, type SettingName, settings } from './schema.ts'
import type { Setting } from './setting.ts'

/** A configuration that must not start; each line names a setting and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** Where a value came from: the file, an environment name, a flag, or `default`. */
export type Sources = Readonly<Record<SettingName, string>>

const entries = Object.entries(settings) as [SettingName, Setting][]

/** Longest configuration file we read, in characters. */
const maximumFileLength = 262_144

const readText = (file: string, what: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new ConfigError([`${what} ${file} cannot be read (${code})`])
  }
}

/** The values of a YAML file by setting path: duplicate keys, aliases, unknown keys are refused. */
const readFile = (file: string): ReadonlyMap<string, unknown> => {
  const content = readText(file, 'the configuration file')
  if (content.length > maximumFileLength) throw new ConfigError([`${file} is larger than ${maximumFileLength} bytes`])
  const document = parseDocument(content, { uniqueKeys: true, merge: false })
  const problem = document.errors[0]
  if (problem !== undefined) throw new ConfigError([`${file}: ${problem.message.split('\n')[0]}`])
  let root: unknown
  try {
    root = document.toJS({ maxAliasCount: 0 })
  } catch {
    throw new ConfigError([`${file}: aliases are not allowed`])
  }
  const found = new Map<string, unknown>()
  const known = new Set<string>(entries.map(([, { path }]) => path))
  const groups = new Set<string>(
    [...known].filter((path) => path.includes('.')).map((path) => path.split('.')[0] ?? ''),
  )
  const problems: string[] = []
  const visit = (value: unknown, path: string): void => {
    if (path === '' || groups.has(path)) {
      if (value === null) return
      if (typeof value !== 'object' || Array.isArray(value)) {
        problems.push(`${file}: ${path || 'the file'} must be a mapping`)
        return
      }
      for (const [key, member] of Object.entries(value)) visit(member, path === '' ? key : `${path}.${key}`)
    } else if (known.has(path)) found.set(path, value)
    else problems.push(`${file}: unknown setting ${path}`)
  }
  visit(root ?? {}, '')
  if (problems.length > 0) throw new ConfigError(problems)
  return found
}

const readValue = (setting: Setting, value: unknown, source: string): string | number | boolean => {
  const wrong = (what: string): ConfigError => new ConfigError([`${source}: ${setting.path} ${what}`])
  if (setting.type === 'integer') {
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isSafeInteger(number))
      throw wrong(`must be a whole number (${setting.unit})`)
    if (number < setting.minimum || number > setting.maximum) {
      throw wrong(`must be between ${setting.minimum} and ${setting.maximum} (${setting.unit}), not ${number}`)
    }
    return number
  }
  if (setting.type === 'switch') {
    if (value === true || value === 'true' || value === '1') return true
    if (value === false || value === 'false' || value === '0') return false
    throw wrong('must be true or false')
  }
  if (typeof value !== 'string') throw wrong('must be a text')
  if (setting.choices !== undefined && !setting.choices.includes(value)) {
    throw wrong(`must be one of ${setting.choices.join(', ')}, not ${value}`)
  }
  return value
}

const fromEnvironment = (
  setting: Setting,
  environment: NodeJS.ProcessEnv,
): { value: string; source: string } | undefined => {
  const direct = environment[setting.environment]
  const fileName = `${setting.environment}_FILE`
  const file = setting.type === 'text' && setting.secret ? environment[fileName] : undefined
  if (direct !== undefined && direct !== '' && file !== undefined && file !== '') {
    throw new ConfigError([`${setting.environment} and ${fileName} are both set: set one`])
  }
  if (file !== undefined && file !== '') return { value: readText(file, fileName).trim(), source: fileName }
  return direct === undefined || direct === '' ? undefined : { value: direct, source: setting.environment }
}

const environmentNames = entries.flatMap(([, setting]) =>
  setting.type === 'text' && setting.secret
    ? [setting.environment, `${setting.environment}_FILE`]
    : [setting.environment],
)

/**
 * Names that look like a mistyped setting. Other unknown ones are somebody else's: the command line's, or those that
 * Kubernetes makes for a service of our name.
 */
const misspelt = (environment: NodeJS.ProcessEnv): string[] =>
  Object.keys(environment)
    .filter((name) => name.startsWith('MINTMARK_') && !environmentNames.includes(name))
    .flatMap((name) => {
      const meant = nearName(name, environmentNames)
      return meant === undefined ? [] : [`${name} is unknown: is ${meant} meant?`]
    })

/**
 * Reads the settings: file, then environment, then flags; later ones win.
 * @param flags values by setting name
 * @throws ConfigError with every problem found
 */
export const loadConfig = ({
  file,
  environment,
  flags,
}: {
  readonly file: string | undefined
  readonly environment: NodeJS.ProcessEnv
  readonly flags: Readonly<Partial<Record<SettingName, string>>>
}): { readonly config: Config; readonly sources: Sources } => {
  const fromFile = file === undefined ? new Map<string, unknown>() : readFile(file)
  const values: Record<string, unknown> = {}
  const sources: Record<string, string> = {}
  const problems = misspelt(environment)
  for (const [name, setting] of entries) {
    try {
      let value: string | number | boolean = setting.default
      let source = 'default'
      if (fromFile.has(setting.path)) {
        source = file ?? ''
        value = readValue(setting, fromFile.get(setting.path), source)
      }
      const environmentValue = fromEnvironment(setting, environment)
      if (environmentValue !== undefined) {
        source = environmentValue.source
        value = readValue(setting, environmentValue.value, source)
      }
      const flag = flags[name]
      if (flag !== undefined) {
        source = setting.flag ?? name
        value = readValue(setting, flag, source)
      }
      values[name] = value
      sources[name] = source
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { config: Object.freeze(values) as Config, sources: Object.freeze(sources) as Sources }
}
