import type { Credential } from '../domain/credential.ts'
import { isLive } from './kinds/credential.ts'
import type { WorkingState } from './state.ts'
import { credentialPlace } from './steps.ts'

/** How many ended secrets of a client are kept at the most, whenever they ended. */
const keptAtMost = 16

/**
 * Removes secrets that ended so long ago that no token they got can be alive, whenever their client gets a new one: an
 * ended secret is kept only because its tokens live as long as it is known. Beyond a number the oldest go earlier, and
 * their tokens with them, so that verifying never costs more the more often a secret was rotated.
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
      .filter((credential) => !isLive(credential, state.now))
      .sort((a: Credential, b: Credential) => (b.expires ?? 0) - (a.expires ?? 0))
    for (const [index, { id: credential, expires = 0 }] of ended.entries()) {
      if (index < keptAtMost && expires + longestLife >= state.now) continue
      const place = credentialPlace(id, credential)
      if ((await state.read(place)).before !== undefined) await state.write(place, undefined)
    }
  }
}
