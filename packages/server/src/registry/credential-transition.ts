import { type CredentialState, credentialState, endOf, lifeOf, retiredGrace } from '../domain/credential-state.ts'
import { defaultRotationOverlap } from './bodies.ts'
import { ChangeRefused } from './change-refused.ts'
import type { Body, Place } from './kinds/kind.ts'
import { rule } from './kinds/kind.ts'
import type { WorkingState } from './state.ts'
import type { Step } from './steps.ts'

/** Where a credential may go from each state; what is retired comes back only while it is kept for that. */
const ways: Readonly<Record<CredentialState, readonly CredentialState[]>> = {
  staged: ['live', 'retired'],
  live: ['staged', 'draining', 'retired'],
  draining: ['live', 'draining', 'retired'],
  retired: ['live', 'draining'],
}

/** The members of a body in a state; null takes one away. A freeze is not lifted by any of them. */
const marks = (to: CredentialState, now: number, overlap: number): Body => ({
  staged: to === 'staged' ? true : null,
  drainsUntil: to === 'draining' ? now + overlap * 1000 : null,
  retired: to === 'retired' ? now : null,
})

/**
 * The steps that bring a credential into another state; none when it is there.
 * @param overlap seconds it drains; undefined: what the workspace says
 * @throws ChangeRefused for a way that there is not
 */
export const changeState =
  (place: Place, to: CredentialState, overlap: number | undefined) =>
  async (state: WorkingState): Promise<readonly Step[]> => {
    const { after } = await state.read(place)
    if (after === undefined) {
      const message = `credential ${place.id} of client ${place.parent} does not exist`
      throw new ChangeRefused([{ fault: 'missing', message }])
    }
    const life = lifeOf(after)
    const from = credentialState(life, state.now)
    const named = `credential ${place.id} of client ${place.parent}`
    if (from === to && to !== 'draining') return []
    if (!ways[from].includes(to))
      throw new ChangeRefused([rule(`${named} is ${from}, and cannot become ${to}`, '/state')])
    if (from === 'retired' && endOf(life) + retiredGrace <= state.now) {
      throw new ChangeRefused([rule(`${named} was retired too long ago to be brought back`, '/state')])
    }
    if (to !== 'retired' && typeof after.expires === 'number' && after.expires <= state.now) {
      throw new ChangeRefused([rule(`${named} has expired, and no state brings it back`, '/state')])
    }
    const drains = overlap ?? (await state.settings())?.rotationOverlap ?? defaultRotationOverlap
    return [{ action: 'update', place, patch: marks(to, state.now, drains) }]
  }
