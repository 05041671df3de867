import { readFileSync } from 'node:fs'
import type { Refused, Vector } from '../../scripts/conformance/vector.ts'

/** What is known of where vectors are run; see `conformance/README.md`. */
interface Target {
  readonly description: string
  /** Statuses that the target says in another way. */
  readonly statuses?: Readonly<Record<string, number>>
  /** Members that its challenges do not have. */
  readonly withoutMembers?: readonly string[]
  /** Vectors that it refuses by itself. */
  readonly refusals: readonly (Pick<Refused, 'status' | 'challenge'> & {
    readonly vectors: readonly string[]
    readonly reason: string
  })[]
}

const file = new URL('../../conformance/targets.json', import.meta.url)
const { targets } = JSON.parse(readFileSync(file, 'utf8')) as { readonly targets: Readonly<Record<string, Target>> }

export const targetNames: readonly string[] = Object.keys(targets)

export function targetNamed(name: string): Target {
  const found = targets[name]
  if (found === undefined) throw new Error(`targets.json has no ${name}`)
  return found
}

/** A vector as a target answers it: its own refusal where it has one, else what the verifier decides, in its words. */
export function atTarget(name: string, vector: Vector): Vector {
  const { statuses = {}, withoutMembers = [], refusals } = targetNamed(name)
  const { expect, id } = vector
  if (expect.decision === 'allow') return vector
  const own = refusals.find(({ vectors }) => vectors.includes(id))
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
