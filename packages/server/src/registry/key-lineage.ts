import type { KeyCredential } from '../domain/credential.ts'
import { isLasting } from '../domain/credential-state.ts'
import type { WorkingState } from './state.ts'
import { credentialPlace } from './steps.ts'

/**
 * The keys of a client that came after one of its credentials by roll-over and have not ended, frozen ones included; none for
 * what is no key. Found by their origin, since those between may be gone.
 */
export const successorsOf = async (
  state: WorkingState,
  client: string,
  credential: string,
): Promise<readonly KeyCredential[]> => {
  const keys = ((await state.client(client))?.credentials ?? []).filter((one) => one.type === 'key')
  const first = keys.find(({ id }) => id === credential)
  if (first === undefined) return []
  const createdOf = async ({ id }: KeyCredential): Promise<number> =>
    Number((await state.read(credentialPlace(client, id))).after?.created)
  const since = await createdOf(first)
  const found: KeyCredential[] = []
  for (const key of keys) {
    if (key.id === credential || key.origin !== (first.origin ?? first.kid) || !isLasting(key, state.now)) continue
    if ((await createdOf(key)) >= since) found.push(key)
  }
  return found
}
