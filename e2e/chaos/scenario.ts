import type { TestContext } from 'node:test'
import type { Cluster } from './cluster.ts'
import type { Journal } from './journal.ts'

/** What a scenario has at hand. */
export type Surroundings = {
  readonly cluster: Cluster
  /** Of this scenario's traffic. */
  readonly journal: Journal
  /** How many times as long as the short form everything may last: 1, or more in the long form. */
  readonly scale: number
  /** Says what was measured. */
  readonly report: (line: string) => void
  readonly context: Pick<TestContext, 'after'>
}

/** One thing that goes wrong while traffic goes on, and what must be seen meanwhile. */
export type Scenario = {
  readonly name: string
  /** Milliseconds after its acknowledgement for which a revocation may still be unknown somewhere; by default 1000. */
  readonly staleLimit?: number
  /** Why it cannot be done on this machine, or `false`. */
  readonly skip?: () => Promise<string | false> | string | false
  /** Does it and undoes it, asserting what is seen; traffic runs before, meanwhile and after. */
  readonly run: (surroundings: Surroundings) => Promise<void>
}
