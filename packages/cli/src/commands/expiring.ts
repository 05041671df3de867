import type { ExpiringView } from '@mintmark/protocol/admin'
import { workspaceCommand } from '../admin-command.ts'
import { gather, listOptions, moreRemark, readLimit } from '../connection/pages.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { duration, withoutFractions } from '../terminal/times.ts'
import { given, readSeconds } from '../values.ts'

const left = (ends: string, now: number): string => {
  const seconds = Math.floor((Date.parse(ends) - now) / 1000)
  return seconds >= 0 ? duration(seconds) : `${duration(-seconds)} ago`
}

const columns = (now: number): readonly Column<ExpiringView>[] => [
  { title: 'CREDENTIAL', value: ({ credential }) => credential, whole: true },
  { title: 'TYPE', value: ({ credentialType }) => credentialType },
  { title: 'CLIENT', value: ({ client, subject }) => client ?? subject ?? '' },
  { title: 'WHAT', value: ({ reason }) => (reason === 'age' ? 'too old' : 'ends') },
  { title: 'WHEN', value: ({ ends }) => withoutFractions(ends) },
  { title: 'LEFT', value: ({ ends }) => left(ends, now) },
]

export const expiring = workspaceCommand({
  name: 'expiring',
  summary: 'List what ends soon: secrets, keys, certificates, trust anchors; the first to end first',
  details: 'Also what has no end and is, or will then be, older than the workspace wants: "too old".',
  operands: {},
  options: {
    within: { type: 'text', value: 'TIME', summary: 'How far to look: 7d, 12h; 30d by default' },
    ...listOptions,
  },
  examples: [
    { line: 'mintmark expiring', says: 'the next 30 days' },
    { line: 'mintmark expiring --within 90d --all --json', says: 'for a script' },
  ],
  run: async ({ admin, place, options, output, progress, now }) => {
    const within = options.within === undefined ? undefined : readSeconds(options.within, '--within')
    const { items, more } = await gather(
      (query) => admin.listExpiring(place, given({ ...query, within })),
      readLimit(options),
      progress('ends'),
    )
    output.result(items, (screen) => renderTable(items, columns(now()), screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
