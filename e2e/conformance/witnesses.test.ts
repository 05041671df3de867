import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { now, vectors } from './pack.ts'
import type { Vector } from './vector.ts'
import { type Witness, witnesses } from './witnesses.ts'

interface Known {
  readonly version: string
  readonly looser: readonly { readonly vectors: readonly string[] }[]
  readonly narrower: readonly { readonly vectors: readonly string[] }[]
}

const root = new URL('../../', import.meta.url)
const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), 'utf8'))
const { witnesses: known } = readJson('conformance/witnesses.json') as {
  readonly witnesses: Readonly<Record<string, Known>>
}

const tokens = vectors.filter(({ level }) => level === 'token')
const tokenOf = ({ request }: Vector) => request.headers[0]?.[1].slice('Bearer '.length) ?? ''
/** A witness knows nothing of routes: a token with too little scope is a good one to it. */
const isGood = ({ expect }: Vector) => expect.decision === 'allow' || expect.challenge?.error === 'insufficient_scope'

async function takenBy({ verify }: Witness): Promise<ReadonlySet<Vector>> {
  const taken = new Set<Vector>()
  for (const vector of tokens) {
    await verify(tokenOf(vector), vector).then(
      () => taken.add(vector),
      () => undefined,
    )
  }
  return taken
}

const ids = (list: readonly Vector[]) => list.map(({ id }) => id).sort()
const listed = (differences: Known['looser']) => differences.flatMap((one) => one.vectors).sort()

for (const witness of witnesses) {
  test(`${witness.name} refuses nothing that is let in, but what it does not know, and where it takes more is written down`, async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: now * 1_000 })
    const { looser, narrower, version } = known[witness.name] as Known
    const installed = readJson(`node_modules/${witness.name}/package.json`) as { readonly version: string }
    assert.equal(version, installed.version)
    const taken = await takenBy(witness)
    assert.deepEqual(ids(tokens.filter((vector) => isGood(vector) && !taken.has(vector))), listed(narrower))
    const more = tokens.filter((vector) => taken.has(vector) && !isGood(vector))
    assert.deepEqual(ids(more.filter(({ latitude }) => latitude === undefined)), listed(looser))
  })
}
