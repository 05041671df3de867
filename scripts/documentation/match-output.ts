/** What a placeholder in shown output stands for. Everything else in `<…>` is ordinary text. */
export const placeholders: Readonly<Record<string, RegExp>> = {
  token: /[\w.~+/=-]{16,}/,
  secret: /[A-Za-z0-9_]{16,}/,
  id: /[\w-]+/,
  reference: /[\w-]+/,
  time: /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/,
  date: /\d{4}-\d\d-\d\d/,
  number: /-?\d+(?:\.\d+)?/,
  duration: /\d+(?:\.\d+)? ?(?:µs|ms|s|min|h|d)/,
  version: /v?\d+\.\d+\.\d+[\w.+-]*/,
  path: /[./~][^\s"']*/,
}

const anyLines = '(?:[^\n]*\n)*?'

/**
 * Says how the actual output differs from what a page shows, or undefined when it is what the page shows. A line that is `…`
 * stands for any number of lines, `…` inside a line for any text, a placeholder such as `<token>` for one value. Blanks at the
 * end of lines and empty lines at the end do not count. With `prefix` the actual output may go on after the shown one.
 */
export const differenceOf = (
  expected: readonly string[],
  actual: string,
  { prefix = false } = {},
): string | undefined => {
  const shown = trimmed(expected)
  const printed = trimmed(actual.split('\n'))
  const whole = new RegExp(`^${shown.map(linePattern).join('')}${prefix ? '' : '$'}`)
  if (whole.test(printed.map((line) => `${line}\n`).join(''))) return undefined
  return `shown on the page:\n${listed(shown)}\nprinted:\n${listed(printed)}`
}

const trimmed = (lines: readonly string[]) => {
  const all = lines.map((line) => line.trimEnd())
  return all.slice(0, all.findLastIndex((line) => line !== '') + 1)
}

const listed = (lines: readonly string[]) =>
  lines.length === 0 ? '  (nothing)' : lines.map((line) => `  ${line}`).join('\n')

const linePattern = (line: string) => {
  if (line.trim() === '…') return anyLines
  const parts = line.split(/(…|<[a-z]+>)/).map((part) => {
    if (part === '…') return '[^\n]*?'
    const placeholder = /^<([a-z]+)>$/.exec(part)?.[1]
    const pattern = placeholder === undefined ? undefined : placeholders[placeholder]
    return pattern === undefined ? RegExp.escape(part) : `(?:${pattern.source})`
  })
  return `${parts.join('')}\n`
}
