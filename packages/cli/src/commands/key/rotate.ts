import { workspaceCommand } from '../../admin-command.ts'
import { renderTable } from '../../terminal/table.ts'
import { keyColumns } from './view.ts'

export const keyRotate = workspaceCommand({
  name: 'key rotate',
  summary: 'Begin a planned rotation: the successor is announced, and signs once every verifier can know it',
  operands: {},
  options: {
    algorithm: {
      type: 'text',
      value: 'ALGORITHM',
      summary: 'Of the keys to rotate: ES256 by default; A256GCM for opaque tokens',
    },
  },
  examples: [
    { line: 'mintmark key rotate', says: 'nothing breaks: no verifier meets an unknown key' },
    { line: 'mintmark key rotate --algorithm A256GCM', says: 'the key that seals opaque tokens' },
  ],
  run: async ({ admin, place, options, output }) => {
    const { items } = await admin.rotateKey(place, { algorithm: options.algorithm ?? 'ES256' })
    output.result(items, (screen) => renderTable(items, keyColumns, screen))
    return undefined
  },
})
