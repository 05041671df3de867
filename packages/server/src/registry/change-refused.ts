import type { Fault } from './kinds/kind.ts'

/** A change set that cannot be committed, with every reason. Nothing was changed. */
export class ChangeRefused extends Error {
  override readonly name = 'ChangeRefused'
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super(faults.map(({ message }) => message).join('; '))
    this.faults = faults
  }
}

/** What was to be changed is not as the caller last saw it (RFC 9110 §13.1.1). Nothing was changed. */
export class ChangeStale extends Error {
  override readonly name = 'ChangeStale'
  readonly expected: number
  readonly found: number
  constructor(expected: number, found: number) {
    super(`made on revision ${expected}, and it is ${found} now`)
    this.expected = expected
    this.found = found
  }
}

/** The idempotency key was used by another request meanwhile: its answer is there to be given again. */
export class ChangeRepeated extends Error {
  override readonly name = 'ChangeRepeated'
}
