import type { Client } from '../domain/client.ts'
import type { Workspace } from '../domain/workspace.ts'
import { demandsOf } from '../policy/security-profile.ts'
import { defaultAuthenticationMethods } from './bodies.ts'
import { maximumLifetimeOf } from './endings.ts'
import { type Body, type Fault, rule } from './kinds/kind.ts'

/** Methods that prove a secret. */
const secretMethods = defaultAuthenticationMethods

/** The methods a client did not have before, as far as the workspace does not allow them. */
export const checkMethods = (client: Client, before: Client | undefined, settings: Workspace | undefined): Fault[] => {
  if (settings === undefined) return []
  const demanded = demandsOf(settings)
  return client.authenticationMethods.flatMap((method, index) => {
    if (before?.authenticationMethods.includes(method) === true) return []
    const path = `/authenticationMethods/${index}`
    if (demanded !== undefined && !demanded.authenticationMethods.includes(method)) {
      const allowed = demanded.authenticationMethods.join(', ')
      return [
        rule(`client ${client.id}: the workspace's profile ${settings.profile} allows ${allowed}, not ${method}`, path),
      ]
    }
    return settings.allowSecrets || !secretMethods.includes(method)
      ? []
      : [rule(`client ${client.id}: the workspace allows no secrets, and ${method} is one`, path)]
  })
}

const end = ({ expires }: Body): number => (typeof expires === 'number' ? expires : Number.POSITIVE_INFINITY)

/** What the workspace says of a new credential that has an end too late, and of one that would live longer than before. */
const checkLifetime = (
  client: string,
  before: Body | undefined,
  after: Body,
  settings: Workspace,
  now: number,
): Fault[] => {
  const longest = maximumLifetimeOf(after.type, settings)
  if (longest === undefined || (before !== undefined && end(after) <= end(before))) return []
  const created = before === undefined ? now : Number(before.created ?? now)
  if (end(after) <= created + longest * 1000) return []
  const what = after.type === 'secret' ? 'secrets' : 'keys'
  return [rule(`client ${client}: the workspace allows ${what} of at most ${longest} s`, '/expires')]
}

/** What the workspace says of a new secret, and of one that would live longer than before. */
const checkSecret = (
  client: string,
  before: Body | undefined,
  after: Body,
  settings: Workspace,
  now: number,
): Fault[] => {
  if (before === undefined && settings.profile !== undefined) {
    return [rule(`client ${client}: the workspace's profile ${settings.profile} allows no secrets`)]
  }
  if (before === undefined && !settings.allowSecrets) {
    return [rule(`client ${client}: the workspace allows no secrets`)]
  }
  return checkLifetime(client, before, after, settings, now)
}

/** What the workspace says of a credential that would be made, or would live longer. */
export const checkCredentialPolicy = (
  client: string,
  before: Body | undefined,
  after: Body,
  settings: Workspace | undefined,
  now: number,
): Fault[] => {
  if (settings === undefined) return []
  if (after.type === 'secret') return checkSecret(client, before, after, settings, now)
  const demanded = demandsOf(settings)
  const tooLong = checkLifetime(client, before, after, settings, now)
  if (before !== undefined || after.type !== 'key') return tooLong
  const algorithm = String(after.algorithm)
  if (demanded === undefined || demanded.algorithms.includes(algorithm)) {
    return algorithm === 'RS256' && settings.refuseRs256Assertions
      ? [rule(`client ${client}: the workspace refuses assertions signed with RS256`, '/jwk')]
      : tooLong
  }
  const allowed = demanded.algorithms.join(', ')
  return [
    rule(`client ${client}: the workspace's profile ${settings.profile} allows ${allowed}, not ${algorithm}`, '/jwk'),
  ]
}
