import type { Caller } from '../audit/events.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { longestLifetimeOf } from '../policy/lifetime.ts'
import { judgeRetirement, type RotationSafety } from '../policy/rotation-safety.ts'
import type { Store } from '../store/store.ts'
import { readApiBody, readClient, readWorkspaceBody } from './bodies.ts'

/** Callers that an audit event or a refusal names at the most. */
const namedAtMost = 20

export type RetirementUse = RotationSafety & {
  /** Seconds the client's tokens live at the longest. */
  readonly lifetime: number
}

const same = <T extends object>(value: T): T => value

/** What the store knows of the use of credentials that are to be retired; undefined when there is no such client. */
export const readRetirement = async (
  store: Pick<Store, 'configuration' | 'credentialUse'>,
  workspace: WorkspaceKey,
  client: string,
  credentials: readonly string[],
  now: number,
): Promise<RetirementUse | undefined> => {
  const found = await store.configuration.readClient(workspace, client)
  const settings = await store.configuration.readEntity(workspace, 'workspace', workspace)
  if (found === undefined || settings === undefined) return undefined
  const apis = (await store.configuration.readAll(workspace, 'api')).map(({ id, body }) => readApiBody(id, body))
  const lifetime = longestLifetimeOf(
    readWorkspaceBody(workspace, settings.body),
    apis,
    readClient(found.client, found.credentials, same),
  )
  const uses = await store.credentialUse.listOfClient(workspace, client)
  const callers = await store.credentialUse.listCallers(workspace, client)
  return { ...judgeRetirement({ credentials, uses, callers, lifetime, now }), lifetime }
}

/** Those who may still need the credentials, for an audit event. */
export const leftOf = ({ callers }: RotationSafety): readonly Caller[] =>
  callers
    .filter(({ waiting }) => waiting)
    .slice(0, namedAtMost)
    .map(({ credential, address, agent, instance, time }) => ({
      credential,
      address,
      agent,
      instance,
      time: new Date(time).toISOString(),
    }))

/** A caller, for people. */
export const nameCaller = ({ credential, address, agent, instance, time }: Caller): string => {
  const parts = [address, agent, instance === '' ? '' : `instance ${instance}`].filter((part) => part !== '')
  return `${parts.join(', ')} used ${credential} at ${time}`
}
