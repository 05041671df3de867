import { adminCommand } from '../admin-command.ts'
import { renderFields } from '../terminal/table.ts'

export const choices = adminCommand({
  name: 'choices',
  summary: 'Show what may be chosen: capabilities, authentication methods, token formats, algorithms, endpoints',
  operands: {},
  options: {},
  examples: [{ line: 'mintmark choices', says: 'what this server can do' }],
  run: async ({ admin, output }) => {
    const found = await admin.showChoices()
    const described = (list: readonly { readonly name: string; readonly description: string }[]) =>
      list.map(({ name, description }) => (description === '' ? name : `${name}: ${description}`))
    output.result(found, (screen) =>
      renderFields(
        [
          ['capabilities', described(found.capabilities)],
          ['grants', found.grants],
          ['authentication', found.authenticationMethods],
          ['token formats', found.tokenFormats],
          ['algorithms', found.algorithms],
          ['alias endpoints', found.aliasEndpoints],
          ['roles', described(found.roles)],
          ['live secrets', `at most ${found.limits.liveSecrets} a client`],
        ],
        screen,
      ),
    )
    return undefined
  },
})
