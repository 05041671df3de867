import { adminAudience } from '@mintmark/protocol'
import type { Client } from '../domain/client.ts'
import { credentialState, proves } from '../domain/credential-state.ts'
import { systemWorkspace } from '../domain/workspace.ts'
import { type Fault, type ResultingState, rule } from './kinds/kind.ts'

const adminApi = 'admin'
const adminScopes = ['read', 'write', 'secrets'] as const

const isAdministrator = (client: Client, now: number): boolean =>
  client.enabled &&
  client.capabilities.includes('client_credentials') &&
  // One that drains would leave nobody when it ends.
  client.credentials.some((one) => proves(one, now) && credentialState(one, now) === 'live') &&
  client.permissions.some(({ api, scopes }) => api === adminApi && adminScopes.every((scope) => scopes.includes(scope)))

/** What must stay true of the workspace that administers the server, or nobody could repair it. */
export const checkSystem = async (state: ResultingState): Promise<readonly Fault[]> => {
  if (state.workspace !== systemWorkspace) return []
  const faults: Fault[] = []
  const settings = await state.settings()
  if (settings === undefined || !settings.enabled) faults.push(rule('the system workspace cannot be switched off'))
  const api = (await state.apis()).find(({ id }) => id === adminApi)
  const whole =
    api?.enabled === true &&
    api.audience === adminAudience &&
    adminScopes.every((scope) => api.scopes.some(({ name }) => name === scope))
  if (!whole) faults.push(rule(`the api ${adminApi} must stay enabled, with its audience and its own scopes`))
  if (!(await state.clients()).some((client) => isAdministrator(client, state.now))) {
    faults.push(rule('nobody could administer the server: one client must keep the whole role and a live credential'))
  }
  return faults
}
