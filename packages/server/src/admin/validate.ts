import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { AdminProblem } from './admin-problem.ts'

const validators = new WeakMap<TSchema, Validator>()

/** Compiled on first need: most of the contract is never called in the life of a process. */
const validatorOf = (schema: TSchema): Validator => {
  const known = validators.get(schema)
  if (known !== undefined) return known
  const made = Compile(schema) as unknown as Validator
  validators.set(schema, made)
  return made
}

const maximumErrors = 10

/** What a validator says in other words than we would. */
const messages: Readonly<Record<string, string>> = { 'schema is false': 'is not a member there is' }

/**
 * Checks a value against a schema, exactly: nothing is coerced, defaulted or left out.
 * @throws AdminProblem `invalid-input`, naming members and never their values
 */
export const assertValid = (schema: TSchema, value: unknown, what: string): void => {
  const validator = validatorOf(schema)
  if (validator.Check(value)) return
  const errors = [...validator.Errors(value)]
    .filter(({ keyword }) => keyword !== 'additionalProperties')
    .slice(0, maximumErrors)
    .map(({ instancePath, message }) => ({ path: instancePath, message: messages[message] ?? message }))
  const [first] = errors
  const where = first === undefined || first.path === '' ? what : `${what}: ${first.path}`
  throw new AdminProblem('invalid-input', `${where} ${first?.message ?? 'is not valid'}.`, {
    check: 'schema',
    received: errors.map(({ path, message }) => `${path} ${message}`).join('; '),
    errors,
  })
}

type Properties = Readonly<Record<string, { readonly type?: string }>>

/**
 * Reads a query by its schema: numbers are written in digits there.
 * @throws AdminProblem `invalid-input`
 */
export const readQuery = (schema: TSchema | undefined, query: string): unknown => {
  const parameters = [...new URLSearchParams(query)]
  const names = parameters.map(([name]) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) {
    throw new AdminProblem('invalid-input', 'A query parameter is included more than once.', {
      check: 'query-repeated',
    })
  }
  if (schema === undefined) {
    if (parameters.length === 0) return undefined
    throw new AdminProblem('invalid-input', 'This call has no query parameters.', { check: 'query-none' })
  }
  const properties = (schema as { readonly properties?: Properties }).properties ?? {}
  const values = parameters.map(([name, text]): [string, unknown] => {
    const type = Object.hasOwn(properties, name) ? properties[name]?.type : undefined
    return [name, type === 'integer' && /^-?\d{1,16}$/.test(text) ? Number(text) : text]
  })
  const value = Object.fromEntries(values)
  assertValid(schema, value, 'query')
  return value
}
