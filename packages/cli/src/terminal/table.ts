import { safeText } from './safe-text.ts'
import type { Screen, Style } from './terminal.ts'
import { cut, pad, textWidth } from './text-width.ts'

export type Column<Row> = {
  readonly title: string
  readonly value: (row: Row) => string | number | undefined
  readonly align?: 'right'
  /** Never cut, however narrow the terminal: ids and references that are copied. */
  readonly whole?: true
  readonly style?: (row: Row) => Style | undefined
}

const gap = 2
const narrowest = 8

/** Takes from the widest column that may be cut until all fit, or none can give. */
const fit = (widths: readonly number[], whole: readonly boolean[], available: number): number[] => {
  const fitted = [...widths]
  const total = () => fitted.reduce((sum, width) => sum + width, gap * Math.max(0, fitted.length - 1))
  while (total() > available) {
    let widest = -1
    for (const [index, width] of fitted.entries()) {
      if (!whole[index] && width > narrowest && width > (fitted[widest] ?? 0)) widest = index
    }
    if (widest === -1) break
    fitted[widest] = (fitted[widest] ?? 0) - 1
  }
  return fitted
}

/** Rows under titles, each line cut to the width of the terminal; everything in full when no terminal reads it. */
export const renderTable = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, paint }: Pick<Screen, 'width' | 'paint'>,
): string => {
  const cells = rows.map((row) => columns.map(({ value }) => safeText(String(value(row) ?? ''))))
  const natural = columns.map(({ title }, index) =>
    cells.reduce((widest, line) => Math.max(widest, textWidth(line[index] ?? '')), textWidth(title)),
  )
  const widths =
    width === undefined
      ? natural
      : fit(
          natural,
          columns.map(({ whole }) => whole === true),
          width,
        )
  const line = (texts: readonly string[], style: (index: number) => Style | undefined): string => {
    const parts = texts.map((text, index) => {
      const shown = cut(text, widths[index] ?? 0)
      const last = index === texts.length - 1 && columns[index]?.align !== 'right'
      const padded = last ? shown : pad(shown, widths[index] ?? 0, columns[index]?.align)
      const painted = style(index)
      return painted === undefined ? padded : paint(painted, padded)
    })
    return `${parts.join(' '.repeat(gap)).trimEnd()}\n`
  }
  const head = line(
    columns.map(({ title }) => title),
    () => 'bold',
  )
  const body = cells.map((texts, index) => {
    const row = rows[index] as Row
    return line(texts, (column) => columns[column]?.style?.(row))
  })
  return head + body.join('')
}

/** Names and values below each other; values that are undefined are left out, lists take a line each. */
export const renderFields = (
  fields: readonly (readonly [name: string, value: string | number | boolean | readonly string[] | undefined])[],
  { paint }: Pick<Screen, 'paint'>,
): string => {
  const shown = fields.filter(([, value]) => value !== undefined)
  const width = shown.reduce((widest, [name]) => Math.max(widest, textWidth(name)), 0)
  return shown
    .map(([name, value]) => {
      const lines = Array.isArray(value) ? (value.length === 0 ? ['none'] : value) : [value]
      return lines
        .map((text, index) => {
          const label = paint('bold', pad(index === 0 ? name : '', width))
          return `${label}  ${safeText(String(text))}`.trimEnd()
        })
        .join('\n')
    })
    .map((line) => `${line}\n`)
    .join('')
}
