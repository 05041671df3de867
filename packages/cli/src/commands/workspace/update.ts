import { adminCommand } from '../../admin-command.ts'
import { changeOptions, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { enableOptions, readEnabled, requireSomething } from '../../values.ts'
import { placeOf, workspaceOperand } from './place.ts'
import { readSettings, settingOptions } from './settings.ts'
import { workspaceFields } from './view.ts'

export const workspaceUpdate = adminCommand({
  name: 'workspace update',
  summary: 'Change settings of a workspace; those not named stay',
  operands: workspaceOperand,
  options: { ...settingOptions, ...enableOptions, ...changeOptions },
  examples: [
    { line: 'mintmark workspace update acme/payments --lifetime 10m', says: 'new tokens live ten minutes' },
    {
      line: 'mintmark workspace update acme/payments --trust-anchors ca.pem',
      says: 'clients may prove themselves by certificates of these CAs',
    },
    { line: 'mintmark workspace update acme/payments --disable', says: 'refuse everything for now' },
  ],
  run: async ({ admin, operands, options, environment, output, cwd }) => {
    const value = requireSomething(readSettings(options, readEnabled(options), cwd))
    const place = await placeOf(operands.workspace, environment, admin)
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'update', kind: 'workspace', value })
      return undefined
    }
    const workspace = await admin.updateWorkspace(place, value)
    output.result(workspace, (screen) => renderFields(workspaceFields(workspace), screen))
    return undefined
  },
})
