import type { Change } from '@mintmark/protocol/admin'
import { badConfiguration } from '../failure.ts'
import { isObject, readSecret, type SecretSources } from './secret-values.ts'
import { readStrictYaml } from './strict-yaml.ts'

const withSecret = (change: unknown, index: number, sources: SecretSources): unknown => {
  if (!isObject(change)) throw badConfiguration(`${sources.name}: change ${index + 1} must be an object`)
  const { kind, action, value } = change
  if (action !== 'create' || !isObject(value)) return change
  if (kind === 'secret') return { ...change, value: readSecret(value, `change ${index + 1}`, sources) }
  if (kind !== 'client' || value.secret === undefined) return change
  return { ...change, value: { ...value, secret: readSecret(value.secret, `change ${index + 1}`, sources) } }
}

/**
 * A list of changes from a file, secrets read from where it says. What is in them is checked by the server.
 * @throws CommandFailure bad configuration
 */
export const readChanges = (text: string, sources: SecretSources): Change[] => {
  const [list, ...more] = readStrictYaml(text, sources.name)
  if (!Array.isArray(list) || list.length === 0 || more.length > 0) {
    throw badConfiguration(`${sources.name} must be one list of changes`)
  }
  return list.map((change, index) => withSecret(change, index, sources)) as Change[]
}
