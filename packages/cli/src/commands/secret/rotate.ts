import { workspaceCommand } from '../../admin-command.ts'
import { secretRemark } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'
import { given, readOverlap } from '../../values.ts'
import { createdSecretFields } from '../client/view.ts'
import { readSecretSource, sourceOptions } from './source.ts'

export const secretRotate = workspaceCommand({
  name: 'secret rotate',
  summary: 'Add a secret, and let the ones there are end after an overlap',
  operands: { client: { summary: 'Id of the client' } },
  options: {
    overlap: {
      type: 'text',
      value: 'TIME',
      summary: 'How long the old ones go on: 0, 1h, 7d; by default as the workspace says, a day',
    },
    ...sourceOptions,
  },
  examples: [
    { line: 'mintmark secret rotate billing --overlap 7d', says: 'a week to bring the new one to every instance' },
    {
      line: 'mintmark secret rotate billing --overlap 0',
      says: 'the old ones retire now; of one that leaked, mintmark incident',
    },
  ],
  run: async (invocation) => {
    const { admin, place, operands, options, output } = invocation
    const secret = await readSecretSource(options, invocation, 'generated')
    const overlap = options.overlap === undefined ? undefined : readOverlap(options.overlap)
    const rotated = await admin.rotateSecret({ ...place, client: operands.client }, given({ secret, overlap }))
    output.result(rotated, (screen) =>
      renderFields(
        [
          ...createdSecretFields(rotated.secret),
          [
            'ending',
            rotated.ending.map(
              ({ id, expires }) => `${id} at ${expires === undefined ? 'once' : withoutFractions(expires)}`,
            ),
          ] as const,
        ],
        screen,
      ),
    )
    if (rotated.secret.secret !== undefined) output.remark(secretRemark)
    return undefined
  },
})
