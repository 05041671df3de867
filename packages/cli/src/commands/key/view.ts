import type { KeyView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import type { Style } from '../../terminal/terminal.ts'
import { withoutFractions } from '../../terminal/times.ts'

const styles: Readonly<Record<KeyView['state'], Style>> = {
  announced: 'cyan',
  active: 'green',
  retired: 'dim',
  gone: 'dim',
}

export const keyColumns: readonly Column<KeyView>[] = [
  { title: 'KEY', value: ({ kid }) => kid, whole: true },
  { title: 'ALGORITHM', value: ({ algorithm }) => algorithm },
  {
    title: 'STATE',
    value: ({ state, compromisedAt }) => (compromisedAt === undefined ? state : 'compromised'),
    style: ({ state, compromisedAt }) => (compromisedAt === undefined ? styles[state] : 'red'),
  },
  { title: 'USED FROM', value: ({ activeFrom }) => withoutFractions(activeFrom) },
  { title: 'UNTIL', value: ({ retiredFrom }) => retiredFrom && withoutFractions(retiredFrom) },
  { title: 'GONE FROM', value: ({ goneFrom }) => goneFrom && withoutFractions(goneFrom) },
]
