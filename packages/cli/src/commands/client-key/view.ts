import type { ClientKeyView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'

export const clientKeyColumns: readonly Column<ClientKeyView>[] = [
  { title: 'KEY', value: ({ id }) => id, whole: true },
  { title: 'ALGORITHM', value: (key) => (key.type === 'key' ? key.algorithm : '') },
  { title: 'KID OR URI', value: (key) => (key.type === 'key' ? key.kid : key.uri) },
  {
    title: 'STATE',
    value: ({ live }) => (live ? 'live' : 'ended'),
    style: ({ live }) => (live ? 'green' : 'dim'),
  },
  { title: 'EXPIRES', value: ({ expires }) => (expires === undefined ? 'never' : withoutFractions(expires)) },
  {
    title: 'LAST USED',
    value: ({ lastUsed }) =>
      lastUsed === undefined ? 'never' : `${withoutFractions(lastUsed.time)} ${lastUsed.address}`,
  },
]

export const clientKeyFields = (key: ClientKeyView) =>
  [
    ['key id', key.id],
    ...(key.type === 'key'
      ? ([
          ['kid', key.kid],
          ['algorithm', key.algorithm],
        ] as const)
      : ([['published at', key.uri]] as const)),
    ['expires', key.expires ?? 'never'],
  ] as const
