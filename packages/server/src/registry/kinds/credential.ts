import type { Client } from '../../domain/client.ts'
import { type Credential, type FederatedCredential, isSecret, type SecretHash } from '../../domain/credential.ts'
import { credentialState, isLasting, lifeOf } from '../../domain/credential-state.ts'
import { checkMatchers } from '../matchers.ts'
import { checkCredentialPolicy } from '../policy-rules.ts'
import { type Body, type Fault, type Kind, type ResultingState, rule } from './kind.ts'

/**
 * How many secrets of a client may be live at once: a rotation, and one more that is under way. Staged, draining and frozen ones
 * count, each of them may be live again; retired and expired ones do not.
 */
export const maximumLiveSecrets = 4

/** How many keys, and places where keys are published, may be live at once. */
export const maximumLiveKeys = 10

/** How many workloads may be live as one client at once. */
export const maximumLiveFederated = 100

/** Whether the server made a secret, or a person chose it (or another server kept its hash). */
export const secretKind = (hash: SecretHash): 'generated' | 'chosen' =>
  hash.kind === 'sha256' ? 'generated' : 'chosen'

const withoutHash = ({ hash, ...rest }: Body): Body =>
  hash === undefined ? rest : { ...rest, secret: secretKind(hash as SecretHash) }

/** The members of a body that are epoch milliseconds. */
const instants = ['created', 'expires', 'drainsUntil', 'retired', 'frozen', 'leaked'] as const

const instant = (value: unknown): unknown => (typeof value === 'number' ? new Date(value).toISOString() : value)

const withInstants = (certificate: Body): Body => ({
  ...certificate,
  notBefore: instant(certificate.notBefore),
  notAfter: instant(certificate.notAfter),
})

const tooMany = (client: string, count: number, most: number, what: string): Fault[] => {
  if (count <= most) return []
  return [
    {
      fault: 'used',
      message: `client ${client} would have ${count} live ${what}, and ${most} are the most: delete one first`,
    },
  ]
}

/** Two keys of one name: which of them proved the client would be chance. */
const ambiguousKeys = (client: string, live: readonly Credential[]): Fault[] => {
  const names = live.flatMap((credential) => (credential.type === 'key' ? [credential.kid] : []))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined
    ? []
    : [{ fault: 'exists', message: `client ${client} has a live key with the kid ${twice} already` }]
}

/** RFC 7591 §2: keys are registered, or published by the client at one place, and never both. */
const twoSources = (client: string, live: readonly Credential[]): Fault[] => {
  const sets = live.filter(({ type }) => type === 'key-set').length
  if (sets === 0 || (sets === 1 && live.every(({ type }) => type !== 'key'))) return []
  return [rule(`client ${client} would have its keys from two places: either keys, or one key set`)]
}

/** Whether two credentials are one secret or one key, as far as what is kept of them shows. */
const isSame = (one: Credential, other: Credential): boolean => {
  if (one.type === 'secret') return other.type === 'secret' && JSON.stringify(one.hash) === JSON.stringify(other.hash)
  if (one.type === 'key') return other.type === 'key' && JSON.stringify(one.jwk) === JSON.stringify(other.jwk)
  return one.type === 'certificate' && other.type === 'certificate' && one.digest === other.digest
}

/** What leaked is not registered anew: a file that still names it, applied again, would undo the answer to the leak. */
export const leakedBefore = (client: string, type: string): Fault =>
  rule(`client ${client}: this ${words[type] ?? 'key'} leaked and was retired for good: make another`)

const checkLeaked = ({ id: client, credentials }: Client, id: string): Fault[] => {
  const fresh = credentials.find((credential) => credential.id === id)
  const leaked = credentials.some((one) => one.leaked !== undefined && fresh !== undefined && isSame(one, fresh))
  return fresh !== undefined && leaked ? [leakedBefore(client, fresh.type)] : []
}

const checkFederated = async (
  client: string,
  { trust, match }: FederatedCredential,
  state: ResultingState,
): Promise<Fault[]> => [
  ...((await state.trust(trust)) === undefined ? [rule(`client ${client}: there is no trust ${trust}`, '/trust')] : []),
  ...checkMatchers(client, match),
]

const words: Readonly<Record<string, string>> = { secret: 'secret', federated: 'federated identity' }

export const credentialKind: Kind = {
  name: 'credential',
  describe: (_id, body) => {
    const described: Record<string, unknown> = { ...withoutHash(body) }
    // What it is comes first, and then when.
    for (const name of instants) {
      const value = described[name]
      delete described[name]
      if (value !== undefined) described[name] = instant(value)
    }
    const { certificate } = body
    if (body.type === 'key' && certificate !== undefined) described.certificate = withInstants(certificate as Body)
    return described
  },
  history: withoutHash,
  claims: () => [],
  check: async ({ place, before, after }, state) => {
    if (after === undefined) return []
    const client = await state.client(place.parent)
    if (client === undefined) return [{ fault: 'missing', message: `there is no client ${place.parent}` }]
    const { expires } = after
    if (before === undefined && typeof expires === 'number' && expires <= state.now) {
      const what = words[String(after.type)] ?? 'key'
      return [rule(`client ${client.id}: the new ${what} would have ended already`, '/expires')]
    }
    // What was staged is new to those it is used by: what is allowed by then counts.
    const stateOf = (body: Body | undefined) => body && credentialState(lifeOf(body), state.now)
    const goesLive = stateOf(before) === 'staged' && stateOf(after) === 'live'
    const live = client.credentials.filter((credential) => isLasting(credential, state.now))
    const secrets = live.filter(isSecret)
    const federated = live.filter((credential) => credential.type === 'federated')
    const changed = federated.find(({ id }) => id === place.id)
    return [
      ...tooMany(client.id, secrets.length, maximumLiveSecrets, 'secrets'),
      ...tooMany(client.id, live.length - secrets.length - federated.length, maximumLiveKeys, 'keys'),
      ...tooMany(client.id, federated.length, maximumLiveFederated, 'federated identities'),
      ...(changed === undefined ? [] : await checkFederated(client.id, changed, state)),
      ...(before === undefined ? checkLeaked(client, place.id) : []),
      ...ambiguousKeys(client.id, live),
      // While one is replaced by the other both are there for a while.
      ...twoSources(
        client.id,
        live.filter((one) => credentialState(one, state.now) === 'live'),
      ),
      ...checkCredentialPolicy(client.id, goesLive ? undefined : before, after, await state.settings(), state.now),
    ]
  },
}
