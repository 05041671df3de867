import type { AdminClient } from '@mintmark/client/admin'
import type { OptionSpecs } from '../command.ts'
import { usageFailure } from '../failure.ts'
import type { Environment } from '../terminal/terminal.ts'
import { setting } from './secret-setting.ts'

/** A workspace as the paths of the admin API name it. */
export type Place = { readonly tenant: string; readonly workspace: string }

export const workspaceOptions = {
  workspace: {
    type: 'text',
    short: 'w',
    value: 'TENANT/WORKSPACE',
    summary: 'The workspace (MINTMARK_WORKSPACE, else the only one there is)',
  },
} as const satisfies OptionSpecs

const system = 'system'

/** Reads `acme/payments`. @throws CommandFailure usage */
export const readPlace = (text: string, from: string): Place => {
  const [tenant = '', workspace = '', ...more] = text.split('/')
  if (tenant === '' || workspace === '' || more.length > 0) {
    throw usageFailure(`${from} must be TENANT/WORKSPACE, such as acme/payments`)
  }
  return { tenant, workspace }
}

/**
 * The workspace a command is about: flag, environment, or the only one besides the built-in.
 * @throws CommandFailure usage, naming the choices
 */
export const findWorkspace = async (
  flag: string | undefined,
  environment: Environment,
  admin: Pick<AdminClient, 'listWorkspaces'>,
): Promise<Place> => {
  if (flag !== undefined) return readPlace(flag, '--workspace')
  const named = setting(environment, 'MINTMARK_WORKSPACE')
  if (named !== undefined) return readPlace(named, 'MINTMARK_WORKSPACE')
  const { items } = await admin.listWorkspaces({ limit: 10 })
  const [only, ...others] = items.filter(({ tenant }) => tenant !== system)
  if (only === undefined) {
    throw usageFailure('there is no workspace yet', 'mintmark workspace create TENANT/WORKSPACE makes one')
  }
  if (others.length === 0) return { tenant: only.tenant, workspace: only.id }
  const names = [only, ...others].map(({ tenant, id }) => `${tenant}/${id}`)
  throw usageFailure(
    'which workspace? Name it with --workspace or MINTMARK_WORKSPACE',
    `there are: ${names.join(', ')}`,
  )
}
