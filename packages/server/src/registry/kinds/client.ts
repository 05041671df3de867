import type { Client } from '../../domain/client.ts'
import { systemWorkspace } from '../../domain/workspace.ts'
import { isAddressRange } from '../../lib/address-range.ts'
import { readClient } from '../bodies.ts'
import { checkMethods } from '../policy-rules.ts'
import { type Body, type Fault, type Kind, rule } from './kind.ts'
import { checkPermissions } from './permission.ts'

const read = (id: string, body: Body): Client =>
  readClient({ kind: 'client', id, parent: '', revision: 0, body: JSON.stringify(body) }, [], (value) => value)

/** Invisible and direction-changing characters make an id that people take for another one. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/u

const unknown = (what: string, chosen: readonly string[], offered: readonly string[], path: string): Fault[] =>
  chosen.flatMap((name, index) =>
    offered.includes(name) ? [] : [rule(`there is no ${what} ${name}, but ${offered.join(', ')}`, `${path}/${index}`)],
  )

export const clientKind: Kind = {
  name: 'client',
  describe: (id, body) => {
    const { id: _id, credentials: _credentials, ...settings } = read(id, body)
    return settings
  },
  history: (body) => body,
  claims: () => [],
  check: async ({ place, before, after }, state) => {
    if (after === undefined) return []
    const client = read(place.id, after)
    const name = `client ${client.id}`
    const apis = await state.apis()
    const { offered } = state
    const faults = [
      ...unknown('capability', client.capabilities, offered.capabilities, '/capabilities'),
      ...unknown(
        'authentication method',
        client.authenticationMethods,
        offered.authenticationMethods,
        '/authenticationMethods',
      ),
      ...checkPermissions(client.id, client.permissions, apis),
      ...unknown(
        'api',
        client.introspects,
        apis.map(({ id }) => id),
        '/introspects',
      ),
      ...client.allowedAddresses.flatMap((range, index) =>
        isAddressRange(range)
          ? []
          : [rule(`${name}: ${range} is not an address or a range of addresses`, `/allowedAddresses/${index}`)],
      ),
    ]
    if (before === undefined && (invisible.test(client.id) || client.id !== client.id.trim())) {
      faults.push(rule('the id of a client has no invisible characters and no spaces around it', '/id'))
    }
    if (client.dpopBoundAccessTokens && client.certificateBoundAccessTokens) {
      faults.push(
        rule(`${name}: its tokens are bound by DPoP or to its certificate, not both`, '/dpopBoundAccessTokens'),
      )
    }
    if (state.workspace === systemWorkspace && client.certificateBoundAccessTokens) {
      faults.push(
        rule('tokens of administration are bearer tokens: they cannot be bound', '/certificateBoundAccessTokens'),
      )
    }
    if (state.workspace === systemWorkspace && client.dpopBoundAccessTokens) {
      faults.push(rule('tokens of administration are bearer tokens: they cannot be bound', '/dpopBoundAccessTokens'))
    }
    if (state.workspace === systemWorkspace && client.tokenRateLimit !== undefined) {
      faults.push(rule('administrators have no limit of tokens: it could lock you out', '/tokenRateLimit'))
    }
    const settings = await state.settings()
    faults.push(...checkMethods(client, before && read(place.id, before), settings))
    const longest = settings?.maxTokenLifetime ?? 0
    if (client.tokenLifetime !== undefined && client.tokenLifetime > longest) {
      faults.push(rule(`${name}: the workspace allows a token lifetime of at most ${longest} s`, '/tokenLifetime'))
    }
    return faults
  },
}
