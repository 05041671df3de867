import { AdminError } from '@mintmark/client/admin'
import { adminCommand } from '../../admin-command.ts'
import { readPlace } from '../../connection/workspace.ts'
import { exitCode } from '../../exit-code.ts'
import { CommandFailure } from '../../failure.ts'
import { renderFields } from '../../terminal/table.ts'
import { readSettings, settingOptions } from './settings.ts'
import { workspaceFields } from './view.ts'

export const workspaceCreate = adminCommand({
  name: 'workspace create',
  summary: 'Create a workspace: one issuer with its own keys, APIs and clients',
  operands: { workspace: { summary: 'TENANT/WORKSPACE; the tenant must be there' } },
  options: settingOptions,
  examples: [
    { line: 'mintmark workspace create acme/payments --lifetime 5m', says: 'tokens live five minutes' },
    {
      line: 'mintmark workspace create acme/legacy --alias /oauth/v2/oauth-token=token',
      says: 'clients made for another product keep their path',
    },
  ],
  run: async ({ admin, operands, options, output, cwd }) => {
    const { tenant, workspace: id } = readPlace(operands.workspace, 'WORKSPACE')
    const settings = readSettings(options, undefined, cwd)
    const workspace = await admin.createWorkspace({ tenant, id, ...settings }).catch((error: unknown) => {
      if (!(error instanceof AdminError) || error.status !== 404) throw error
      throw new CommandFailure(exitCode.notFound, error.message, {
        reference: error.reference,
        hint: `mintmark tenant create ${tenant} makes it`,
      })
    })
    output.result(workspace, (screen) => renderFields(workspaceFields(workspace), screen))
    return undefined
  },
})
