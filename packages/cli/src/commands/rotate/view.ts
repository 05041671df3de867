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

const standing = ({ waiting, moved }: Caller): string => {
  if (moved) return 'has moved'
  return waiting ? 'still uses it' : 'not seen with the new one'
}

const columns: readonly Column<Caller>[] = [
  { title: 'ADDRESS', value: ({ address }) => address, whole: true },
  { title: 'AGENT', value: ({ agent }) => agent },
  { title: 'INSTANCE', value: ({ instance }) => instance },
  { title: 'OLD CREDENTIAL', value: ({ credential }) => credential, whole: true },
  { title: 'LAST SEEN', value: ({ time }) => withoutFractions(time) },
  {
    title: 'CALLER',
    value: standing,
    style: (caller) => (caller.moved ? 'green' : caller.waiting ? 'red' : 'yellow'),
  },
]

export const renderRotation = (rotation: RotationView, now: number, screen: Screen): string => {
  const { client, state, old, fresh, until, safe, safeFrom, tokenLifetime, callers } = rotation
  const line = (credential: CredentialView): string =>
    `${credentialLine(credential)}, last used ${lastUsedText(credential)}`
  const fields = renderFields(
    [
      ['client', client],
      ['rotation', state === 'over' ? 'over' : 'under way'],
      ['new', fresh.map(line)],
      ['old', old.map(line)],
      [state === 'over' ? 'retired' : 'retires', relative(Date.parse(until), now)],
      ['token lifetime', duration(tokenLifetime)],
      ['safe to retire', safe ? 'yes' : `from ${relative(Date.parse(safeFrom), now)}, if nobody uses it until then`],
    ],
    screen,
  )
  return callers.length === 0 ? fields : `${fields}\n${renderTable(callers, columns, screen)}`
}
