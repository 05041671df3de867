import type { Random } from '../lib/random.ts'
import type { ChangeSets } from './change-set.ts'
import { type Decision, decideRollover, type Rollover } from './key-rollover.ts'

/** Told what became of each roll-over that was authentic. */
export type CountKeyRollover = (outcome: Exclude<Decision['outcome'], 'refused'>) => void

/**
 * Commits a roll-over, or what its competitor brings about, together with its audit event.
 * @throws ChangeRefused, StoreUnavailableError
 */
export type RollKey = (request: Rollover) => Promise<Decision>

export const createRollKey =
  ({ changeSets, random }: { readonly changeSets: Pick<ChangeSets, 'commit'>; readonly random: Random }): RollKey =>
  async (request) => {
    let decision: Decision | undefined
    await changeSets.commit({
      workspace: request.workspace,
      // Built anew whenever another commit came first.
      steps: async (state) => {
        const decided = await decideRollover(request, state, random)
        decision = decided.decision
        return decided.steps
      },
      actor: `${request.workspace}/${request.client}`,
      address: request.address,
      note: 'client-key rollover',
      also: () => (decision !== undefined && 'event' in decision ? [decision.event] : []),
    })
    if (decision === undefined) throw new Error('a change set was committed without its steps')
    return decision
  }
