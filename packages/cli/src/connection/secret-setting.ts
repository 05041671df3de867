import { badConfiguration, CommandFailure } from '../failure.ts'
import type { Environment } from '../terminal/terminal.ts'
import { firstLine, readTextFile } from './read-file.ts'

/** A setting from the environment; an empty one counts as none. */
export const setting = (environment: Environment, name: string): string | undefined => environment[name] || undefined

/**
 * A secret from the environment, or from the file that `<name>_FILE` names.
 * @throws CommandFailure bad configuration when both are set, or the file cannot be read or is empty
 */
export const secretSetting = (environment: Environment, name: string, cwd: string): string | undefined => {
  const value = setting(environment, name)
  const file = setting(environment, `${name}_FILE`)
  if (value !== undefined && file !== undefined) throw badConfiguration(`${name} and ${name}_FILE are both set`)
  if (file === undefined) return value
  try {
    const secret = firstLine(readTextFile(file, cwd))
    if (secret === '') throw badConfiguration(`the file of ${name}_FILE is empty`)
    return secret
  } catch (error) {
    if (error instanceof CommandFailure) throw badConfiguration(`${name}_FILE: ${error.message}`)
    throw error
  }
}
