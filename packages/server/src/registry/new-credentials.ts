import type { ShownSecret } from '@mintmark/protocol/admin'
import type { Workspace } from '../domain/workspace.ts'
import type { Random } from '../lib/random.ts'
import { generateSecret } from '../lib/secret.ts'
import { maximumLifetimeOf } from './endings.ts'
import type { Body } from './kinds/kind.ts'
import type { WorkingState } from './state.ts'
import { isToBeGenerated } from './steps.ts'

/** The end of a new credential: the one it was given, else the latest that its workspace allows. */
const lastEnd = ({ type, expires }: Body, settings: Workspace | undefined, now: number): Body => {
  const longest = settings && maximumLifetimeOf(type, settings)
  return expires !== undefined || longest === undefined ? {} : { expires: now + longest * 1000 }
}

/** Makes the secrets that are to be made, and dates the new ones. */
export const completeCredentials = async (state: WorkingState, random: Random): Promise<ShownSecret[]> => {
  const shown: ShownSecret[] = []
  const settings = await state.settings()
  for (const { place, before, after } of state.touched()) {
    if (place.kind !== 'credential' || before !== undefined || after === undefined) continue
    const { generate: _generate, ...given } = after
    const rest = { ...given, ...lastEnd(given, settings, state.now) }
    const created = state.now
    if (!isToBeGenerated(after)) {
      await state.write(place, { ...rest, created })
      continue
    }
    const { secret, digest, hint } = generateSecret(random)
    await state.write(place, { ...rest, hash: { kind: 'sha256', digest }, hint, created })
    shown.push({ client: place.parent, id: place.id, secret })
  }
  return shown
}
