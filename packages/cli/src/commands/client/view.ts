import type { ClientView, CreatedSecret } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { duration, withoutFractions } from '../../terminal/times.ts'
import { tokenRate } from '../../token-rate.ts'

export const clientColumns: readonly Column<ClientView>[] = [
  { title: 'CLIENT', value: ({ id }) => id, whole: true },
  { title: 'NAME', value: ({ displayName }) => displayName },
  { title: 'CAPABILITIES', value: ({ capabilities }) => capabilities.join(' ') },
  { title: 'PERMITTED', value: ({ permissions }) => permissions.flatMap(({ scopes }) => scopes).join(' ') },
  { title: 'STATE', value: ({ enabled }) => (enabled ? 'enabled' : 'disabled') },
]

const permissionLine = ({ api, scopes, defaultScopes }: ClientView['permissions'][number]): string =>
  `${api}: ${scopes.map((scope) => (defaultScopes.includes(scope) ? `${scope} (default)` : scope)).join(', ')}`

export const clientFields = (client: ClientView) =>
  [
    ['client', client.id],
    ['name', client.displayName || undefined],
    ['state', client.enabled ? 'enabled' : 'disabled'],
    ['capabilities', client.capabilities],
    ['authentication', client.authenticationMethods],
    ['audience', client.tokenEndpointAudience ? 'assertions may name the token endpoint' : undefined],
    ['tokens', client.dpopBoundAccessTokens ? 'bound to a key by DPoP' : undefined],
    ['tokens', client.certificateBoundAccessTokens ? 'bound to its certificate' : undefined],
    ['permitted', client.permissions.map(permissionLine)],
    ['introspects', client.introspects.length === 0 ? undefined : client.introspects],
    ['allowed from', client.allowedAddresses.length === 0 ? 'anywhere' : client.allowedAddresses],
    ['token lifetime', client.tokenLifetime === undefined ? "the API's" : duration(client.tokenLifetime)],
    ['token limit', tokenRate(client)],
    ['revision', client.revision],
  ] as const

/** A secret that was just made, with its value where the server made it. */
export const createdSecretFields = ({ id, secret, expires }: CreatedSecret) =>
  [
    ['secret id', id],
    ['secret', secret],
    ['expires', expires === undefined ? 'never' : withoutFractions(expires)],
  ] as const
