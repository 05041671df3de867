import type { ClientKeyView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'
import { endColumn, lastUsedColumn, stateColumn } from '../credential/view.ts'

export const clientKeyColumns: readonly Column<ClientKeyView>[] = [
  { title: 'KEY', value: ({ id }) => id, whole: true },
  { title: 'TYPE', value: (key) => (key.type === 'key' ? key.algorithm : key.type) },
  { title: 'KNOWN BY', value: (key) => knownBy(key) },
  stateColumn,
  endColumn,
  lastUsedColumn,
]

/** What a request has to name or bring. */
const knownBy = (key: ClientKeyView): string => {
  if (key.type === 'key') return key.kid
  if (key.type === 'key-set') return key.uri
  return key.type === 'certificate' ? `${key.match} ${key.digest}` : `${key.match} ${key.value}`
}

const ownFields = (key: ClientKeyView): readonly (readonly [string, string])[] => {
  if (key.type === 'key')
    return [
      ['kid', key.kid],
      ['algorithm', key.algorithm],
      ...(key.certificate === undefined ? [] : [['certificate', key.certificate.subject ?? 'without a name'] as const]),
    ]
  if (key.type === 'key-set') return [['published at', key.uri]]
  if (key.type === 'certificate-subject') return [[key.match, key.value]]
  return [
    [`SHA-256 of the ${key.match}`, key.digest],
    ...(key.subject === undefined ? [] : [['subject', key.subject] as const]),
  ]
}

export const clientKeyFields = (key: ClientKeyView) =>
  [
    ['key id', key.id],
    ...ownFields(key),
    ['expires', key.expires === undefined ? 'never' : withoutFractions(key.expires)],
  ] as const
