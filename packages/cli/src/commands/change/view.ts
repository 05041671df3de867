import type { Draft, DraftWithDifference } from '@mintmark/protocol/admin'
import { renderDifferences } from '../../terminal/differences.ts'
import { type Column, renderFields } from '../../terminal/table.ts'
import type { Screen } from '../../terminal/terminal.ts'
import { withoutFractions } from '../../terminal/times.ts'

export const draftColumns: readonly Column<Draft>[] = [
  { title: 'CHANGE', value: ({ id }) => id, whole: true },
  { title: 'STEPS', value: ({ steps }) => steps, align: 'right' },
  { title: 'BASE', value: ({ base }) => base, align: 'right' },
  { title: 'CREATED', value: ({ created }) => withoutFractions(created) },
  { title: 'BY', value: ({ actor }) => actor },
  { title: 'NOTE', value: ({ note }) => note },
]

/** A change set, what it would do now, and what stands against it. */
export const renderDraft = (draft: DraftWithDifference, screen: Screen): string => {
  const fields = renderFields(
    [
      ['change set', draft.id],
      ['note', draft.note === '' ? undefined : draft.note],
      ['begun on', `revision ${draft.base} (now ${draft.current}), ${draft.created}, by ${draft.actor}`],
      ['conflicts', draft.conflicts.length === 0 ? undefined : draft.conflicts],
    ],
    screen,
  )
  return `${fields}\n${renderDifferences(draft.changes, screen)}`
}
