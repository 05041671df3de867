import type { Credential, SecretHash } from '../../domain/credential.ts'
import { type Body, type Kind, rule } from './kind.ts'

/** How many secrets of a client may be live at once: a rotation, and one more that is under way. */
export const maximumLiveSecrets = 4

export const isLive = ({ expires }: Pick<Credential, 'expires'>, now: number): boolean =>
  expires === undefined || expires > now

/** Whether the server made a secret, or a person chose it (or another server kept its hash). */
export const secretKind = (hash: SecretHash): 'generated' | 'chosen' =>
  hash.kind === 'sha256' ? 'generated' : 'chosen'

const withoutHash = ({ hash, ...rest }: Body): Body =>
  hash === undefined ? rest : { ...rest, secret: secretKind(hash as SecretHash) }

const instant = (value: unknown): unknown => (typeof value === 'number' ? new Date(value).toISOString() : value)

export const credentialKind: Kind = {
  name: 'credential',
  describe: (_id, body) => {
    const { created, expires, ...rest } = withoutHash(body)
    return {
      ...rest,
      ...(created === undefined ? {} : { created: instant(created) }),
      ...(expires === undefined ? {} : { expires: instant(expires) }),
    }
  },
  history: withoutHash,
  claims: () => [],
  check: async ({ place, before, after }, state) => {
    if (after === undefined) return []
    const client = await state.client(place.parent)
    if (client === undefined) return [{ fault: 'missing', message: `there is no client ${place.parent}` }]
    const { expires } = after
    if (before === undefined && typeof expires === 'number' && expires <= state.now) {
      return [rule(`client ${client.id}: the new secret would have ended already`, '/expires')]
    }
    const live = client.credentials.filter((credential) => isLive(credential, state.now))
    if (live.length <= maximumLiveSecrets) return []
    const message = `client ${client.id} would have ${live.length} live secrets, and ${maximumLiveSecrets} are the most`
    return [{ fault: 'used', message: `${message}: delete one first` }]
  },
}
