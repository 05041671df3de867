import type { CallerView, CredentialView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'

type Life = Pick<CredentialView, 'state' | 'live' | 'frozen' | 'drainsUntil' | 'expires' | 'retired'>

/** The state of a credential in a word; that it has ended by itself or is frozen is said instead. */
export const stateText = ({ state, live, frozen }: Life): string => {
  if (frozen !== undefined) return 'frozen'
  return live || state === 'staged' || state === 'retired' ? state : 'ended'
}

/** The state of a credential of any kind, in the lists of each. */
export const stateColumn = {
  title: 'STATE',
  value: stateText,
  style: ({ state, live, frozen }: Life) =>
    frozen !== undefined ? 'red' : !live ? 'dim' : state === 'draining' ? 'yellow' : 'green',
} as const satisfies Column<Life>

/** Who used something last. */
export const lastUsedText = ({ lastUsed }: Pick<CredentialView, 'lastUsed'>): string =>
  lastUsed === undefined ? 'never' : `${withoutFractions(lastUsed.time)} ${lastUsed.address}`

/** When a credential ends, by whatever ends it first. */
const endText = ({ expires, drainsUntil, retired }: Life): string => {
  const [first] = [expires, drainsUntil, retired].filter((end) => end !== undefined).sort()
  return first === undefined ? 'never' : withoutFractions(first)
}

/** The end of a credential of any kind, in the lists of each. */
export const endColumn = { title: 'ENDS', value: endText } as const satisfies Column<Life>

/** Its last use. */
export const lastUsedColumn = { title: 'LAST USED', value: lastUsedText } as const satisfies Column<
  Pick<CredentialView, 'lastUsed'>
>

export const credentialColumns: readonly Column<CredentialView>[] = [
  { title: 'CREDENTIAL', value: ({ id }) => id, whole: true },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'KNOWN BY', value: ({ name }) => name },
  stateColumn,
  endColumn,
  lastUsedColumn,
]

export const callerColumns: readonly Column<CallerView>[] = [
  { title: 'ADDRESS', value: ({ address }) => address, whole: true },
  { title: 'AGENT', value: ({ agent }) => agent },
  { title: 'INSTANCE', value: ({ instance }) => instance },
  { title: 'CREDENTIAL', value: ({ credential }) => credential, whole: true },
  { title: 'LAST SEEN', value: ({ time }) => withoutFractions(time) },
]
