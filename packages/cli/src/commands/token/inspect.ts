import { defineCommand } from '../../command.ts'
import { connectionOptions } from '../../connection/connection.ts'
import { withAdmin } from '../../connection/open-admin.ts'
import { readStdin } from '../../connection/read-file.ts'
import { findWorkspace, workspaceOptions } from '../../connection/workspace.ts'
import { exitCode } from '../../exit-code.ts'
import { usageFailure } from '../../failure.ts'
import { explainToken, tokenIn } from '../../token/explain-token.ts'
import { renderExplanation, renderInspection } from '../../token/render-token.ts'

export const tokenInspect = defineCommand({
  name: 'token inspect',
  summary: 'Explain a token: its header, its claims, and what is wrong with it',
  details:
    'Without --online nothing is sent anywhere, and the signature is not checked. With --online the server that issued\nthe token says whether it is alive, and if not, why. Ends with 1 when it is not a token, or not alive.',
  operands: { token: { summary: 'The token; - reads it from stdin, which keeps it out of the shell history' } },
  options: {
    online: { type: 'switch', summary: 'Ask the server: is it alive, and if not, why' },
    ...workspaceOptions,
    ...connectionOptions,
  },
  examples: [
    { line: 'mintmark token get weather-website | mintmark token inspect -', says: 'what a token of the demo says' },
    { line: 'mintmark token inspect - --online < token.txt', says: 'and whether the server still honours it' },
  ],
  run: async ({ operands, options, environment, cwd, stdin, output, now }) => {
    const token = tokenIn(operands.token === '-' ? await readStdin(stdin) : operands.token)
    if (token === '') throw usageFailure('there is no token: it is empty')
    const explanation = explainToken(token, now())
    if (!options.online || explanation.format === 'unknown') {
      output.result(explanation, (screen) => renderExplanation(explanation, now(), screen))
      return explanation.format === 'unknown' ? exitCode.failed : undefined
    }
    const inspection = await withAdmin(options, environment, cwd, async (admin) =>
      admin.inspectToken(await findWorkspace(options.workspace, environment, admin), { token }),
    )
    output.result({ ...explanation, online: inspection }, (screen) =>
      [renderExplanation(explanation, now(), screen), renderInspection(inspection, explanation, now(), screen)].join(
        '\n',
      ),
    )
    return inspection.active ? undefined : exitCode.failed
  },
})
