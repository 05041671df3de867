import { UsageError } from './command.ts'

/** The one argument of a command. */
export const onlyArgument = (positionals: readonly string[], name: string): string => {
  const [value, ...more] = positionals
  if (value === undefined || value === '') throw new UsageError(`${name} is missing`)
  if (more.length > 0) throw new UsageError(`one ${name} only, not also ${more.join(' ')}`)
  return value
}

/** For a command without arguments. */
export const noArgument = (positionals: readonly string[]): void => {
  if (positionals.length > 0) throw new UsageError(`unexpected argument: ${positionals.join(' ')}`)
}
