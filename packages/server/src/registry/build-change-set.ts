import type { Difference, ShownSecret } from '@mintmark/protocol/admin'
import type { Random } from '../lib/random.ts'
import { takeTurns } from '../lib/turns.ts'
import { applyStep } from './apply-step.ts'
import { differenceOf } from './difference.ts'
import { discardExpired } from './discard-expired.ts'
import { type Fault, placeName } from './kinds/kind.ts'
import { kindNamed } from './kinds.ts'
import { completeCredentials } from './new-credentials.ts'
import type { Touched, WorkingState } from './state.ts'
import type { Step } from './steps.ts'
import { checkSystem } from './system-rules.ts'
import { completeWebhooks, type WebhookSecrets } from './webhook-secrets.ts'

/** Steps as they are, or from the state they are to change, found anew whenever another commit came first. */
export type Steps = readonly Step[] | ((state: WorkingState) => Promise<readonly Step[]>)

/** A change set laid over the current state, not committed. */
export type Built = {
  readonly base: number
  readonly touched: readonly Touched[]
  readonly differences: readonly Difference[]
  readonly faults: readonly Fault[]
  readonly secrets: readonly ShownSecret[]
}

const changedSince = (touched: readonly Touched[], begunOn: number | undefined): Fault[] =>
  begunOn === undefined
    ? []
    : touched
        .filter(({ revision }) => revision > begunOn)
        .map(({ place, revision }) => ({
          fault: 'changed',
          message: `${placeName(place)} was changed in revision ${revision}, after this change set was begun on ${begunOn}`,
        }))

/**
 * Lays a change set over a state.
 * @param begunOn the revision it was begun on: what it touches must not have changed since
 */
export const buildChangeSet = async (
  { random, webhookSecrets }: { readonly random: Random; readonly webhookSecrets: WebhookSecrets | undefined },
  state: WorkingState,
  steps: Steps,
  begunOn: number | undefined,
): Promise<Built> => {
  const faults: Fault[] = []
  const turn = takeTurns(100)
  for (const step of typeof steps === 'function' ? await steps(state) : steps) {
    await turn()
    faults.push(...(await applyStep(state, step)))
  }
  const removed = (await state.read({ kind: 'workspace', id: state.workspace, parent: '' })).before !== undefined
  if ((await state.settings()) === undefined && !removed) {
    faults.push({ fault: 'missing', message: `there is no workspace ${state.workspace}` })
  }
  const secrets = [
    ...(await completeCredentials(state, random)),
    ...(await completeWebhooks(state, webhookSecrets, random)),
  ]
  await discardExpired(state)
  const touched: Touched[] = []
  const differences: Difference[] = []
  for (const transition of state.touched()) {
    await turn()
    const difference = differenceOf(transition)
    if (difference === undefined) continue
    touched.push(transition)
    differences.push(difference)
    faults.push(...(await kindNamed(transition.place.kind).check(transition, state)))
  }
  faults.push(...(await checkSystem(state)), ...changedSince(touched, begunOn))
  return { base: state.base, touched, differences, faults, secrets }
}
