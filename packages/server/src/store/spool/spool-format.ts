import type { AuditRow } from '../store.ts'

/** How the spool looks on the disk: a line that says which it is, and then a line for each event. */

export const writeHeader = (id: string, from: number): string => `${JSON.stringify({ spool: id, from })}\n`

export const writeRow = (row: AuditRow): string => `${JSON.stringify(row)}\n`

export const readRow = (line: string): AuditRow => JSON.parse(line) as AuditRow

const isRow = (line: string): boolean => {
  try {
    const { time, type, body } = readRow(line)
    return typeof time === 'number' && typeof type === 'string' && typeof body === 'string'
  } catch {
    return false
  }
}

export type SpoolText = {
  readonly id: string
  /** Events of this spool before the first one here. */
  readonly from: number
  /** Lines of events, whole and readable, each with its end. */
  readonly lines: readonly string[]
  /** Bytes up to the end of the last of them. */
  readonly bytes: number
  /** What comes after them: the end of a write that a crash interrupted, or damage. */
  readonly rest: string
}

/** What a spool says, up to the first thing that cannot be read. @throws SyntaxError when it is none */
export const readSpoolText = (text: string): SpoolText => {
  const all = text.match(/[^\n]*\n/g) ?? []
  const [first = '', ...others] = all
  const { spool, from } = JSON.parse(first) as { readonly spool?: unknown; readonly from?: unknown }
  if (typeof spool !== 'string' || typeof from !== 'number') throw new SyntaxError('its first line says no spool')
  const unreadable = others.findIndex((line) => !isRow(line))
  const lines = unreadable === -1 ? others : others.slice(0, unreadable)
  const whole = first + lines.join('')
  return { id: spool, from, lines, bytes: Buffer.byteLength(whole), rest: text.slice(whole.length) }
}
