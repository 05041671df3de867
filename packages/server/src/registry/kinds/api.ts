import type { Api } from '../../domain/api.ts'
import type { Client } from '../../domain/client.ts'
import { demandsOf } from '../../policy/security-profile.ts'
import { readApiBody } from '../bodies.ts'
import { type Body, type Fault, type Kind, type ResultingState, rule } from './kind.ts'
import { permissionCovered } from './permission.ts'

/** RFC 8707 §2: an absolute URI without a fragment. */
const audienceSyntax = /^[a-z][a-z0-9+.-]*:[!$-;=?-Z_a-z~%@[\]]+$/i

const read = (id: string, body: Body): Api => readApiBody(id, JSON.stringify(body))

const choice = (what: string, chosen: string, offered: readonly string[], path: string): Fault[] =>
  offered.includes(chosen) ? [] : [rule(`there is no ${what} ${chosen}, but ${offered.join(', ')}`, path)]

const checkSettings = async (api: Api, state: ResultingState): Promise<Fault[]> => {
  const name = `api ${api.id}`
  const faults = [
    ...choice('token format', api.tokenFormat, state.offered.tokenFormats, '/tokenFormat'),
    ...choice('algorithm', api.algorithm, state.offered.algorithms, '/algorithm'),
  ]
  if (!audienceSyntax.test(api.audience) || api.audience.includes('#')) {
    faults.push(rule(`${name}: the audience must be an absolute URI without a fragment`, '/audience'))
  }
  const twin = (await state.apis()).find(({ id, audience }) => id !== api.id && audience === api.audience)
  if (twin !== undefined) {
    faults.push(rule(`${name}: the audience ${api.audience} is that of api ${twin.id}`, '/audience'))
  }
  const names = api.scopes.map((scope) => scope.name)
  const repeated = names.find((scope, index) => names.indexOf(scope) !== index)
  if (repeated !== undefined) faults.push(rule(`${name}: the scope ${repeated} is defined twice`, '/scopes'))
  const starred = names.find((scope) => scope.includes('*') && !/^[^*]+\*$/.test(scope))
  if (starred !== undefined) {
    faults.push(rule(`${name}: a star may only end a scope's name, not ${starred}`, '/scopes'))
  }
  const settings = await state.settings()
  const demanded = settings && demandsOf(settings)
  if (demanded !== undefined && !demanded.algorithms.includes(api.algorithm)) {
    const allowed = demanded.algorithms.join(', ')
    faults.push(
      rule(
        `${name}: the workspace's profile ${settings?.profile} allows ${allowed}, not ${api.algorithm}`,
        '/algorithm',
      ),
    )
  }
  const longest = settings?.maxTokenLifetime ?? 0
  if (api.tokenLifetime !== undefined && api.tokenLifetime > longest) {
    faults.push(rule(`${name}: the workspace allows a token lifetime of at most ${longest} s`, '/tokenLifetime'))
  }
  return faults
}

/** The first scopes a client would lose, or its right to introspect: what must be taken from it before. */
const needs = (client: Client, id: string, api: Api | undefined): string | undefined => {
  if (api === undefined && client.introspects.includes(id)) return 'introspects its tokens'
  const permission = client.permissions.find((candidate) => candidate.api === id)
  if (permission === undefined) return undefined
  if (api === undefined) return 'is permitted it'
  const lost = permission.scopes.filter((scope) => !permissionCovered(api, scope))
  return lost.length === 0 ? undefined : `is permitted ${lost.join(' ')}`
}

/** How many clients a conflict names before it counts the rest. */
const namedAtMost = 10

const checkDependants = async (id: string, api: Api | undefined, state: ResultingState): Promise<Fault[]> => {
  const needed = (await state.clientsNaming(id)).flatMap((client) => {
    const need = needs(client, id, api)
    return need === undefined ? [] : [`client ${client.id} ${need}`]
  })
  if (needed.length === 0) return []
  const more = needed.length > namedAtMost ? [`and ${needed.length - namedAtMost} more`] : []
  return [{ fault: 'used', message: `api ${id}: ${[...needed.slice(0, namedAtMost), ...more].join(', ')}` }]
}

export const apiKind: Kind = {
  name: 'api',
  describe: (id, body) => {
    const { id: _id, ...settings } = read(id, body)
    return settings
  },
  history: (body) => body,
  claims: () => [],
  check: async ({ place, before, after }, state) => {
    if (after === undefined) return checkDependants(place.id, undefined, state)
    const api = read(place.id, after)
    const faults = await checkSettings(api, state)
    const known = before === undefined ? [] : read(place.id, before).scopes
    const narrowed = known.some(({ name }) => !api.scopes.some((scope) => scope.name === name))
    return narrowed ? [...faults, ...(await checkDependants(place.id, api, state))] : faults
  },
}
