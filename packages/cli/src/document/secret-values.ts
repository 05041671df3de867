import { firstLine, readTextFile } from '../connection/read-file.ts'
import { badConfiguration, CommandFailure } from '../failure.ts'
import type { Environment } from '../terminal/terminal.ts'

/** Where secrets of a file come from. */
export type SecretSources = {
  /** Names the file in errors. */
  readonly name: string
  readonly environment: Environment
  /** Where relative paths of `{file: …}` start: the directory of the file. */
  readonly directory: string
}

type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The text that `{env: NAME}` or `{file: PATH}` stands for. */
const readReference = (reference: JsonObject, where: string, sources: SecretSources): string => {
  const [[kind, from] = ['', undefined], ...more] = Object.entries(reference)
  if (more.length > 0 || typeof from !== 'string' || from === '' || (kind !== 'env' && kind !== 'file')) {
    throw badConfiguration(`${sources.name}: ${where} must be {env: NAME} or {file: PATH}`)
  }
  if (kind === 'env') {
    const value = sources.environment[from]
    if (value === undefined || value === '') {
      throw badConfiguration(`${sources.name}: ${where} needs the environment variable ${from}, which is not set`)
    }
    return value
  }
  try {
    return firstLine(readTextFile(from, sources.directory))
  } catch (error) {
    if (error instanceof CommandFailure) throw badConfiguration(`${sources.name}: ${where}: ${error.message}`)
    throw error
  }
}

/**
 * A secret of a file, with the values put in place of the references. Written out it is refused: such files are
 * committed to version control.
 * @param where names the secret in errors
 * @throws CommandFailure bad configuration
 */
export const readSecret = (secret: unknown, where: string, sources: SecretSources): unknown => {
  if (!isObject(secret)) throw badConfiguration(`${sources.name}: ${where} must be an object such as {env: NAME}`)
  if ('env' in secret || 'file' in secret) {
    const { expires, ...reference } = secret
    const value = readReference(reference, where, sources)
    return expires === undefined ? { type: 'chosen', value } : { type: 'chosen', value, expires }
  }
  const read = (member: 'value' | 'hash'): JsonObject => {
    const held = secret[member]
    if (isObject(held)) return { ...secret, [member]: readReference(held, `${where}.${member}`, sources) }
    if (held !== undefined && member === 'value') {
      throw badConfiguration(
        `${sources.name}: ${where} is a secret written out`,
        'put it in the environment or in a file, and say {env: NAME} or {file: PATH}',
      )
    }
    return secret
  }
  return secret.type === 'imported' ? read('hash') : read('value')
}
