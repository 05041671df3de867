import { parseArgs } from 'node:util'
import { nearName } from '../config/near-name.ts'
import { UsageError } from './command.ts'

type FlagOptions = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>>

/** What `parseArgs` found wrong, in our words; a flag that is nearly one of ours is asked about. */
const wrongFlag = (error: unknown, known: readonly string[]): UsageError => {
  const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
  const [, flag] = /^Unknown option '(-[^']*)'/.exec(message) ?? []
  if (flag === undefined) return new UsageError(message)
  const name = flag.replace(/^-+/, '')
  const meant = nearName(name, known) ?? known.find((candidate) => candidate.endsWith(`-${name}`))
  return new UsageError(`unknown flag "${flag}"${meant === undefined ? '' : `: is --${meant} meant?`}`)
}

/**
 * Reads the flags of a command line.
 * @throws UsageError for an unknown flag or a missing value
 */
export const readFlags = <O extends FlagOptions>(
  args: readonly string[],
  options: O,
): {
  readonly flags: Readonly<Partial<Record<keyof O, string | boolean>>>
  readonly positionals: readonly string[]
} => {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { flags: values as Partial<Record<keyof O, string | boolean>>, positionals }
  } catch (error) {
    throw wrongFlag(error, Object.keys(options))
  }
}
