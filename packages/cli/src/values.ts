import type { OptionSpecs } from './command.ts'
import { usageFailure } from './failure.ts'

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** `299`, `5m`, `1h`, `30d` or `2w`, in seconds. @throws CommandFailure usage */
export const readSeconds = (text: string, flag: string): number => {
  const [, digits = '', unit = 's'] = /^(\d{1,9})([smhdw])?$/.exec(text) ?? []
  const seconds = digits === '' ? Number.NaN : Number(digits) * (unitSeconds[unit] ?? Number.NaN)
  if (!Number.isSafeInteger(seconds)) throw usageFailure(`${flag} must be seconds, or such as 5m, 1h, 30d`)
  return seconds
}

/** How long an old credential goes on: what the server takes for an overlap, at the most 90 days. */
export const readOverlap = (text: string, flag = '--overlap'): number => {
  const seconds = readSeconds(text, flag)
  if (seconds > longestOverlap) throw usageFailure(`${flag} is at the most 90d`)
  return seconds
}

const longestOverlap = 90 * 86_400

/** Seconds, or `none` to take the setting away. */
export const readSecondsOrNone = (text: string, flag: string): number | null =>
  text === 'none' ? null : readSeconds(text, flag)

/**
 * An instant: RFC 3339 in UTC, a date, or a span before or after now such as `90d`.
 * @param direction where a span points to
 * @throws CommandFailure usage
 */
export const readTime = (text: string, flag: string, now: number, direction: 'before' | 'after'): string => {
  if (/^\d{1,9}[smhdw]$/.test(text)) {
    const span = readSeconds(text, flag) * 1000
    return asTime(direction === 'before' ? now - span : now + span, flag)
  }
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) {
    throw usageFailure(`${flag} must be a time such as 2026-01-31T12:00:00Z, a date, or a span such as 90d`)
  }
  return asTime(Date.parse(text), flag)
}

const asTime = (milliseconds: number, flag: string): string => {
  const time = new Date(milliseconds)
  const year = time.getUTCFullYear()
  if (Number.isNaN(year) || year < 1970 || year > 9999) throw usageFailure(`${flag} is not a time there can be`)
  return time.toISOString()
}

/** Values of a flag that may be repeated or separated by commas, each once. */
export const readList = (values: readonly string[]): string[] => [
  ...new Set(
    values
      .flatMap((value) => value.split(','))
      .map((value) => value.trim())
      .filter((value) => value !== ''),
  ),
]

/** A list for a member that is only sent when the flag was given; `none` empties it. */
export const listOrAbsent = (values: readonly string[]): string[] | undefined => {
  if (values.length === 0) return undefined
  const list = readList(values)
  return list.length === 1 && list[0] === 'none' ? [] : list
}

/** A flag whose choices are `yes` and `no`; undefined when it was not given. */
export const isYes = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : text === 'yes'

/** `--enable` and `--disable` as the member they set. @throws CommandFailure usage for both */
export const readEnabled = ({ enable, disable }: { readonly enable: boolean; readonly disable: boolean }) => {
  if (enable && disable) throw usageFailure('--enable and --disable contradict each other')
  return enable ? true : disable ? false : undefined
}

/** The object without its undefined members: what was not said is not sent. */
export const given = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never

/** @throws CommandFailure usage when no flag said what to change */
export const requireSomething = <T extends object>(value: T): T => {
  if (Object.keys(value).length === 0) throw usageFailure('nothing to change: no flag says what')
  return value
}

export const enableOptions = {
  enable: { type: 'switch', summary: 'Let it work again' },
  disable: { type: 'switch', summary: 'Refuse everything of it, without deleting it' },
} as const satisfies OptionSpecs
