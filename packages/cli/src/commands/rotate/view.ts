import type { CredentialView, RotationView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { renderFields, renderTable } from '../../terminal/table.ts'
import type { Screen } from '../../terminal/terminal.ts'
import { duration, relative, withoutFractions } from '../../terminal/times.ts'
import { lastUsedText, stateText } from '../credential/view.ts'

/** A credential of a rotation in a line. */
export const credentialLine = (credential: CredentialView): string =>
  `${credential.id} (${credential.type} ${credential.name}), ${stateText(credential)}`

type Caller = RotationView['callers'][number]

const standing = ({ waiting, moved }: Caller, over: boolean): string => {
  if (moved) return 'has moved'
  if (!waiting) return 'not seen with the new one'
  return over ? 'was left behind' : 'still uses it'
}

const columnsOf = (over: boolean): readonly Column<Caller>[] => [
  { title: 'ADDRESS', value: ({ address }) => address, whole: true },
  { title: 'AGENT', value: ({ agent }) => agent },
  { title: 'INSTANCE', value: ({ instance }) => instance },
  { title: 'OLD CREDENTIAL', value: ({ credential }) => credential, whole: true },
  { title: 'LAST SEEN', value: ({ time }) => withoutFractions(time) },
  {
    title: 'CALLER',
    value: (caller) => standing(caller, over),
    style: (caller) => (caller.moved ? 'green' : caller.waiting ? 'red' : 'yellow'),
  },
]

export const renderRotation = (rotation: RotationView, now: number, screen: Screen): string => {
  const { client, state, old, fresh, until, safe, safeFrom, tokenLifetime, callers } = rotation
  const over = state === 'over'
  const line = (credential: CredentialView): string =>
    `${credentialLine(credential)}, last used ${lastUsedText(credential)}`
  const fields = renderFields(
    [
      ['client', client],
      ['rotation', over ? 'over' : 'under way'],
      ['new', fresh.map(line)],
      ['old', old.map(line)],
      [over ? 'retired' : 'retires', relative(Date.parse(until), now)],
      ['token lifetime', duration(tokenLifetime)],
      [
        'safe to retire',
        over ? undefined : safe ? 'yes' : `from ${relative(Date.parse(safeFrom), now)}, if nobody uses it until then`,
      ],
    ],
    screen,
  )
  return callers.length === 0 ? fields : `${fields}\n${renderTable(callers, columnsOf(over), screen)}`
}
