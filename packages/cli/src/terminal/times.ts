const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** A number of seconds as people say it: `4 minutes`, `1 hour 30 minutes`. */
export const duration = (seconds: number): string => {
  let rest = Math.max(0, Math.round(seconds))
  const parts: string[] = []
  for (const [name, size] of units) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
    rest -= count * size
  }
  if (rest > 0 || parts.length === 0) parts.push(`${rest} second${rest === 1 ? '' : 's'}`)
  return parts.slice(0, 2).join(' ')
}

/** The largest time a Date can hold, in milliseconds. */
const furthest = 8.64e15

/** An instant in UTC without fractions, `2026-01-02T03:04:05Z`; what is beyond any calendar is said to be so. */
export const instant = (milliseconds: number): string =>
  Math.abs(milliseconds) <= furthest
    ? new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z')
    : 'beyond any calendar'

/** A time of the admin API without its fractions. */
export const withoutFractions = (time: string): string => time.replace(/\.\d+Z$/, 'Z')

/** An instant and how far it is from now: `2026-01-02T03:04:05Z (in 4 minutes)`. */
export const relative = (milliseconds: number, now: number): string => {
  const seconds = Math.round((milliseconds - now) / 1000)
  if (Math.abs(milliseconds) > furthest) return instant(milliseconds)
  return `${instant(milliseconds)} (${seconds >= 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`})`
}
