import { readFileSync } from 'node:fs'
import type { Refusal, Vector } from './vector.ts'

/** What is known of where vectors are run; see `conformance/README.md`. */
interface Target {
  readonly description: string
  /** Statuses that the target says in another way. */
  readonly statuses?: Readonly<Record<string, number>>
  /** Members that its challenges do not have. */
  readonly withoutMembers?: readonly string[]
  /** Vectors that it refuses by itself. */
  readonly refusals: readonly (Pick<Refusal, 'status' | 'challenge'> & {
    readonly vectors: readonly string[]
    readonly reason: string
  })[]
  /** What it takes out or writes otherwise before anybody sees it, and the vectors that are let in so. */
  readonly repairs: readonly {
    readonly headers: readonly string[]
    readonly vectors: readonly string[]
    readonly reason: string
  }[]
}

const file = new URL('../../conformance/targets.json', import.meta.url)
const { targets } = JSON.parse(readFileSync(file, 'utf8')) as { readonly targets: Readonly<Record<string, Target>> }

export const targetNames: readonly string[] = Object.keys(targets)

export function targetNamed(name: string): Target {
  const found = targets[name]
  if (found === undefined) throw new Error(`targets.json has no ${name}`)
  return found
}

/** What every token of the level `gateway` says. */
const usualToken = {
  issuer: 'https://issuer.example/tenant/workspace',
  clientId: 'service-1',
  subject: 'service-1',
  scopes: ['api:read'],
}

/** A vector as a target answers it: its own refusal where it has one, else what the verifier decides, in its words. */
export function atTarget(name: string, vector: Vector): Vector {
  const { statuses = {}, withoutMembers = [], refusals, repairs } = targetNamed(name)
  const { expect, id } = vector
  if (expect.decision === 'allow' || vector.http === 'invalid') return vector
  const own = refusals.find(({ vectors }) => vectors.includes(id))
  if (repairs.some(({ vectors }) => vectors.includes(id))) {
    return { ...vector, expect: { decision: 'allow', status: 200, token: usualToken } }
  }
  if (own !== undefined)
    return { ...vector, expect: { decision: 'refuse', status: own.status, challenge: own.challenge } }
  const members =
    expect.challenge && Object.entries(expect.challenge).filter(([member]) => !withoutMembers.includes(member))
  return {
    ...vector,
    expect: {
      decision: 'refuse',
      status: statuses[expect.status] ?? expect.status,
      challenge: members && Object.fromEntries(members),
    },
  }
}

/** Whether a target refuses a vector by itself. */
export const refusesItself = (name: string, id: string): boolean =>
  targetNamed(name).refusals.some(({ vectors }) => vectors.includes(id))

/** Headers of a vector that must not get through. */
export const removedHeaders = (name: string, id: string): readonly string[] =>
  targetNamed(name).repairs.flatMap(({ headers, vectors }) => (vectors.includes(id) ? headers : []))
