import type { Operation, ResultOf } from '@mintmark/protocol/admin'
import type { AuditEvent } from '../audit/events.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Steps } from '../registry/build-change-set.ts'
import type { ChangeSets, Outcome } from '../registry/change-set.ts'
import type { Place } from '../registry/kinds/kind.ts'
import type { Answer, Call } from './call.ts'

export type CommitOptions = {
  readonly workspace?: WorkspaceKey
  /** What If-Match speaks of. */
  readonly of?: Place | 'workspace'
  readonly note?: string | undefined
  /** What the log says besides. */
  readonly also?: (outcome: Outcome) => readonly AuditEvent[]
}

/**
 * Commits a call's change set and answers with what became of it. The answer is known before the commit, so that it is
 * kept under the caller's idempotency key in the same transaction.
 */
export const commitCall = async <O extends Operation>(
  changeSets: ChangeSets,
  call: Call<O>,
  steps: Steps,
  { workspace = call.workspace, of, note = call.operation.name, also }: CommitOptions,
  render: (outcome: Outcome) => Answer<ResultOf<O>>,
): Promise<Answer<ResultOf<O>>> => {
  const { keep, ifMatch } = call
  const outcome = await changeSets.commit({
    workspace,
    steps,
    actor: call.administrator.actor,
    address: call.address,
    note,
    expected: of === undefined || ifMatch === undefined ? undefined : { place: of, revision: ifMatch },
    also,
    idempotency: keep && ((reached) => keep(render(reached))),
  })
  return render(outcome)
}

/** What an entity is after a commit that left it there. */
export const leftBy = (outcome: Outcome, place: Place) => {
  const left = outcome.left(place)
  if (left === undefined) throw new Error(`${place.kind} ${place.id} is gone after it was written`)
  return left
}

/** The answer to a deletion. */
export const committedAnswer = ({ committed }: Outcome): Answer<Outcome['committed']> => ({ body: committed })
