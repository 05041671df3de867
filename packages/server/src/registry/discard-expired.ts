import { endOf, isLasting, retiredGrace } from '../domain/credential-state.ts'
import type { WorkingState } from './state.ts'
import { credentialPlace } from './steps.ts'

/** How many ended credentials of a client are kept at the most, whenever they ended, and as many that leaked. */
const keptAtMost = 16

/**
 * Removes credentials that ended so long ago that no token they got can be alive, and that to retire them cannot be undone,
 * whenever their client gets a new one: an ended one is kept only because its tokens live as long as it is known. Beyond a number the oldest go earlier, and
 * their tokens with them, so that verifying never costs more the more often a secret was rotated. What leaked stays known,
 * and is not registered anew.
 */
export const discardExpired = async (state: WorkingState): Promise<void> => {
  const clients = new Set(
    state
      .touched()
      .filter(({ place, before, after }) => place.kind === 'credential' && before === undefined && after !== undefined)
      .map(({ place }) => place.parent),
  )
  const longestLife = ((await state.settings())?.maxTokenLifetime ?? 0) * 1000
  for (const id of clients) {
    const ended = ((await state.client(id))?.credentials ?? [])
      .filter((credential) => !isLasting(credential, state.now))
      .sort((a, b) => endOf(b) - endOf(a))
    const leaked = ended.filter((credential) => credential.leaked !== undefined)
    const others = ended.filter((credential) => credential.leaked === undefined)
    const gone = others.filter((credential, index) => {
      const kept = credential.expires === endOf(credential) ? longestLife : Math.max(longestLife, retiredGrace)
      return index >= keptAtMost || endOf(credential) + kept < state.now
    })
    for (const credential of [...gone, ...leaked.slice(keptAtMost)]) {
      const place = credentialPlace(id, credential.id)
      if ((await state.read(place)).before !== undefined) await state.write(place, undefined)
    }
  }
}
