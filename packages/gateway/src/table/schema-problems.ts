import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { StrictYaml } from './strict-yaml.ts'
import type { TableProblem } from './table-error.ts'

type Finding = {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
}

const unescaped = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~')

const stepsOf = (pointer: string): readonly string[] => pointer.split('/').slice(1).map(unescaped)

/** What is wrong with the shape of a document, in the words of the schema's descriptions; each place once. */
export const schemaProblems = (schema: TSchema, { value, lineOf }: StrictYaml): readonly TableProblem[] => {
  const findings = [...Compile(schema).Errors(value)] as unknown as readonly Finding[]
  const unions = findings.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath)
  const told = new Set<string>()
  const problems: TableProblem[] = []
  for (const finding of findings) {
    const { keyword, instancePath, schemaPath } = finding
    if (keyword === 'additionalProperties') continue
    const inUnion = schemaPath.includes('/anyOf/')
    if (inUnion && unions.some((path) => instancePath === path || instancePath.startsWith(`${path}/`))) continue
    if (told.has(instancePath)) continue
    told.add(instancePath)
    const steps = stepsOf(instancePath)
    problems.push({ line: lineOf(steps.map(asIndex)), sentence: sentenceOf(schema, finding, steps) })
  }
  return problems
}

const asIndex = (step: string): string | number => (/^\d+$/.test(step) ? Number(step) : step)

const sentenceOf = (schema: TSchema, { keyword, schemaPath, params }: Finding, steps: readonly string[]): string => {
  const place = placeText(steps)
  if (keyword === 'boolean') return `${place} is not a setting there is`
  if (keyword === 'required') {
    const missing = (params.requiredProperties as readonly string[]).join(', ')
    return `${place} needs ${missing}`
  }
  return `${place} must be ${descriptionOf(schema, stepsOf(schemaPath)) ?? 'something else'}`
}

/** `routes[2].scopes`. */
const placeText = (steps: readonly string[]): string =>
  steps.length === 0
    ? 'the table'
    : steps.map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('')

/** The description nearest to the part of the schema that failed. */
const descriptionOf = (schema: TSchema, steps: readonly string[]): string | undefined => {
  let here: unknown = schema
  let found: string | undefined
  for (const step of ['', ...steps]) {
    if (step !== '') here = (here as Readonly<Record<string, unknown>> | undefined)?.[step]
    const { description } = (here ?? {}) as { readonly description?: unknown }
    if (typeof description === 'string') found = description
  }
  return found
}
