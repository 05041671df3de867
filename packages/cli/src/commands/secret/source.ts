import type { SecretInput } from '@mintmark/protocol/admin'
import type { OptionSpecs, OptionValues, Surroundings } from '../../command.ts'
import { firstLine, readInput } from '../../connection/read-file.ts'
import { badConfiguration, usageFailure } from '../../failure.ts'
import { given, readTime } from '../../values.ts'

/** Where a new secret comes from. It is never an argument itself: arguments are seen by every process of a machine. */
export const sourceOptions = {
  'secret-file': { type: 'text', value: 'FILE', summary: 'File with a chosen secret; - reads it from stdin' },
  'secret-env': { type: 'text', value: 'NAME', summary: 'Environment variable with a chosen secret' },
  'hash-file': {
    type: 'text',
    value: 'FILE',
    summary: 'File with the hash another server kept of it (bcrypt or a PHC string)',
  },
  expires: { type: 'text', value: 'TIME', summary: 'When the secret ends: 2027-01-31, or a span such as 90d' },
} as const satisfies OptionSpecs

type From = Pick<Surroundings, 'environment' | 'cwd' | 'stdin' | 'now'>

/**
 * The secret that the flags describe.
 * @param fallback what it is when none is named
 * @throws CommandFailure usage when two are named; failed or bad configuration when it cannot be read
 */
export const readSecretSource = async (
  options: OptionValues<typeof sourceOptions>,
  { environment, cwd, stdin, now }: From,
  fallback: 'generated' | undefined,
): Promise<SecretInput | undefined> => {
  const { 'secret-file': file, 'secret-env': name, 'hash-file': hashFile } = options
  if ([file, name, hashFile].filter((one) => one !== undefined).length > 1) {
    throw usageFailure('--secret-file, --secret-env and --hash-file exclude each other')
  }
  const expires = options.expires === undefined ? undefined : readTime(options.expires, '--expires', now(), 'after')
  if (file !== undefined)
    return given({ type: 'chosen' as const, value: firstLine(await readInput(file, cwd, stdin)), expires })
  if (name !== undefined) {
    const value = environment[name]
    if (value === undefined || value === '') throw badConfiguration(`the environment variable ${name} is not set`)
    return given({ type: 'chosen' as const, value, expires })
  }
  if (hashFile !== undefined) {
    return given({ type: 'imported' as const, hash: (await readInput(hashFile, cwd, stdin)).trim(), expires })
  }
  if (fallback !== undefined) return given({ type: fallback, expires })
  if (expires !== undefined) throw usageFailure('--expires is about a secret, and none is named')
  return undefined
}
