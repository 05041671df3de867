import type { AuditEventView } from '@mintmark/protocol/admin'
import { changesText } from './changes-text.ts'
import { safeText } from './terminal/safe-text.ts'
import type { Screen, Style } from './terminal/terminal.ts'
import { pad, textWidth, wrap } from './terminal/text-width.ts'

const headMembers: readonly string[] = ['sequence', 'time', 'type', 'workspace', 'client', 'reference']

const styleOf = (type: string): Style | undefined =>
  type.endsWith('.refused') ? 'red' : type === 'token.revoked' || type.startsWith('key.') ? 'yellow' : undefined

const valueText = (name: string, value: unknown): string => {
  if (name === 'changes' && Array.isArray(value)) return changesText(value)
  if (name === 'expires' && typeof value === 'number') return new Date(value * 1000).toISOString().replace('.000', '')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What an event says beyond what every event says. */
const details = (event: AuditEventView): string =>
  Object.entries(event)
    .filter(([name, value]) => !headMembers.includes(name) && value !== undefined)
    .map(([name, value]) => `${name}=${valueText(name, value)}`)
    .join(' ')

/** What an indented line begins with. */
const indent = ' '.repeat(4)

/**
 * One event: time, type, reference, who, where, and the rest. One line when no terminal reads it; on a terminal what has no
 * room goes on, indented, on the next lines.
 */
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
  const head = `${paint('dim', time)}  ${style === undefined ? type : paint(style, type)}`
  const taken = textWidth(time) + textWidth(type) + 4
  if (width === undefined || taken + textWidth(text) <= width) return `${head}  ${text}\n`
  return `${head.trimEnd()}\n${wrap(text, width - indent.length)
    .map((line) => `${indent}${line}\n`)
    .join('')}`
}
