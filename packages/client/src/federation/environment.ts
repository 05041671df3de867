import { TokenError } from '../errors.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The variables of this process; none where there is no such thing. */
export const processEnvironment = (): Environment =>
  (globalThis as { process?: { readonly env?: Environment } }).process?.env ?? {}

/** @throws TokenError `secret_unavailable` that says what the variable is for */
export function variable(environment: Environment, name: string, what: string): string {
  const value = environment[name]
  if (value !== undefined && value !== '') return value
  throw new TokenError('secret_unavailable', `The environment variable ${name} is not set: ${what}`)
}
