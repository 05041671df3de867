import type { FederationView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'
import { endColumn, lastUsedColumn, stateColumn } from '../credential/view.ts'
import { describeMatcher } from './matcher.ts'

export const federationColumns: readonly Column<FederationView>[] = [
  { title: 'FEDERATION', value: ({ id }) => id, whole: true },
  { title: 'TRUST', value: ({ trust }) => trust },
  { title: 'MATCH', value: ({ match }) => match.map(describeMatcher).join(' ') },
  stateColumn,
  endColumn,
  lastUsedColumn,
]

export const federationFields = (federation: FederationView) =>
  [
    ['federation', federation.id],
    ['trust', federation.trust],
    ['match', federation.match.map(describeMatcher)],
    ['expires', federation.expires === undefined ? 'never' : withoutFractions(federation.expires)],
  ] as const
