import type { AuditEventView } from '@mintmark/protocol/admin'
import { safeText } from './terminal/safe-text.ts'
import type { Screen, Style } from './terminal/terminal.ts'
import { cut, pad } from './terminal/text-width.ts'

const headMembers: readonly string[] = ['sequence', 'time', 'type', 'workspace', 'client', 'reference']

const styleOf = (type: string): Style | undefined =>
  type.endsWith('.refused') ? 'red' : type === 'token.revoked' || type.startsWith('key.') ? 'yellow' : undefined

const valueText = (name: string, value: unknown): string => {
  if (name === 'expires' && typeof value === 'number') return new Date(value * 1000).toISOString().replace('.000', '')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What an event says beyond what every event says. */
const details = (event: AuditEventView): string =>
  Object.entries(event)
    .filter(([name, value]) => !headMembers.includes(name) && value !== undefined)
    .map(([name, value]) => `${name}=${valueText(name, value)}`)
    .join(' ')

/** One line for one event: time, type, reference, who, where, and the rest, cut to the width of the terminal. */
export const renderEvent = (event: AuditEventView, { width, paint }: Screen): string => {
  const style = styleOf(event.type)
  const type = pad(safeText(event.type), 23)
  const rest = [
    event.reference === undefined ? undefined : `reference=${event.reference}`,
    event.workspace,
    event.client === undefined ? undefined : `client=${event.client}`,
    details(event),
  ]
  const text = safeText(rest.filter((part) => part !== undefined && part !== '').join(' '))
  const time = safeText(event.time)
  const room = width === undefined ? text : cut(text, Math.max(20, width - time.length - type.length - 4))
  return `${paint('dim', time)}  ${style === undefined ? type : paint(style, type)}  ${room}\n`
}
