import type { Difference } from '@mintmark/protocol/admin'
import { safeText } from './safe-text.ts'
import type { Screen, Style } from './terminal.ts'

const signs: Readonly<Record<Difference['action'], readonly [string, Style]>> = {
  created: ['+', 'green'],
  updated: ['~', 'yellow'],
  deleted: ['-', 'red'],
}

const written = (value: unknown): string => safeText(JSON.stringify(value) ?? 'none')

type Member = Difference['members'][number]

/** The elements that came and went, where a list changed. */
const listLines = (before: readonly unknown[], after: readonly unknown[]): readonly (readonly [string, Style])[] => {
  const [old, now] = [before.map(written), after.map(written)]
  return [
    ...old.filter((text) => !now.includes(text)).map((text) => [`- ${text}`, 'red'] as const),
    ...now.filter((text) => !old.includes(text)).map((text) => [`+ ${text}`, 'green'] as const),
  ]
}

const memberLines = (
  action: Difference['action'],
  member: Member,
  { paint }: Pick<Screen, 'paint'>,
): readonly string[] => {
  const { name, before, after } = member
  const label = safeText(name)
  if (Array.isArray(before) && Array.isArray(after)) {
    const lines = listLines(before, after)
    if (lines.length > 0) return [`    ${label}`, ...lines.map(([text, style]) => `      ${paint(style, text)}`)]
  }
  if (action === 'created') return [`    ${label}: ${paint('green', written(after))}`]
  return [`    ${label}: ${paint('red', written(before))} → ${paint('green', written(after))}`]
}

const isEmpty = ({ name, after }: Member): boolean =>
  after === '' ||
  (Array.isArray(after) && after.length === 0) ||
  // A switch that is off is what everybody expects, but that a thing is disabled must be seen.
  (after === false && name !== 'enabled')

/** What is worth a line: of what is deleted nothing, since all of it goes; of what is created nothing that is empty. */
const told = (action: Difference['action'], members: readonly Member[]): readonly Member[] =>
  action === 'deleted' ? [] : action === 'created' ? members.filter((member) => !isEmpty(member)) : members

/** What a credential is called, by its type. */
const credentials: Readonly<Record<string, string>> = {
  federated: 'federation',
  key: 'client-key',
  'key-set': 'client-key',
  certificate: 'client-key',
  'certificate-subject': 'client-key',
}

const kindOf = (kind: Difference['kind'], members: readonly Member[]): string => {
  if (kind !== 'credential') return kind
  const type = members.find(({ name }) => name === 'type')
  // Of one that changed, its type is not said: that stays.
  return type === undefined ? kind : (credentials[String(type.after ?? type.before)] ?? 'secret')
}

/** Changes as people read them: what is created, updated and deleted, member by member. */
export const renderDifferences = (differences: readonly Difference[], screen: Pick<Screen, 'paint'>): string => {
  if (differences.length === 0) return 'No changes.\n'
  return differences
    .flatMap(({ action, kind, id, parent, members }) => {
      const [sign, style] = signs[action]
      const of = parent === undefined || parent === '' ? '' : ` of ${safeText(parent)}`
      const head = screen.paint(style, `${sign} ${kindOf(kind, members)} ${safeText(id)}${of}`)
      return [head, ...told(action, members).flatMap((member) => memberLines(action, member, screen))]
    })
    .map((line) => `${line}\n`)
    .join('')
}

/** `2 created, 1 updated`. */
export const countDifferences = (differences: readonly Difference[]): string =>
  (['created', 'updated', 'deleted'] as const)
    .map((action) => [differences.filter((one) => one.action === action).length, action] as const)
    .filter(([count]) => count > 0)
    .map(([count, action]) => `${count} ${action}`)
    .join(', ') || 'nothing'
