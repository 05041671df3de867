import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { enableOptions, given, readEnabled, requireSomething } from '../../values.ts'
import { readTrust, trustOptions } from './members.ts'
import { trustFields } from './view.ts'

export const trustUpdate = workspaceCommand({
  name: 'trust update',
  summary: 'Change a trust; what is not named stays',
  operands: { trust: { summary: 'Its id' } },
  options: {
    issuer: { type: 'text', value: 'URL', summary: 'The iss of its tokens, to the letter' },
    ...trustOptions,
    ...enableOptions,
    ...changeOptions,
  },
  examples: [
    { line: 'mintmark trust update cluster --jwks-file jwks.json', says: 'the cluster has new keys' },
    {
      line: 'mintmark trust update github --max-lifetime 10m --bound-lifetime yes',
      says: 'as short as the platform allows',
    },
  ],
  run: async ({ admin, place, operands, options, output, cwd, stdin }) => {
    const value = requireSomething(
      given({
        issuer: options.issuer,
        enabled: readEnabled(options),
        ...(await readTrust(options, { cwd, stdin })),
      }),
    )
    if (options.change !== undefined) {
      const change = { action: 'update', kind: 'trust', id: operands.trust, value } as const
      await stage({ admin, place, output }, options.change, change)
      return undefined
    }
    const trust = await admin.updateTrust({ ...place, trust: operands.trust }, value)
    output.result(trust, (screen) => renderFields(trustFields(trust), screen))
    return undefined
  },
})
