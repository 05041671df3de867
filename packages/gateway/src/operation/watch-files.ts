import { statSync } from 'node:fs'

/** What tells one state of a file from another; files that are put in place by a link or a rename are seen too. */
const stateOf = (file: string): string => {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return 'away'
  }
}

/**
 * Looks at files every so many milliseconds and tells when one has changed and stayed so for one look more: half a file, which
 * somebody is still writing, may be a good one that says something else. One that is away is waited for.
 * @param files asked each time
 * @returns a function that ends it
 */
export const watchFiles = (files: () => readonly string[], interval: number, onChange: () => void): (() => void) => {
  const states = new Map(files().map((file) => [file, stateOf(file)]))
  const unsettled = new Map<string, string>()
  const hasChanged = (file: string): boolean => {
    const state = stateOf(file)
    const known = states.get(file)
    if (known !== undefined && state !== 'away' && state !== known && unsettled.get(file) !== state) {
      unsettled.set(file, state)
      return false
    }
    unsettled.delete(file)
    if (state === 'away') return false
    states.set(file, state)
    return known !== undefined && state !== known
  }
  const timer = setInterval(() => {
    // Each is looked at, also when one before it has changed.
    if (files().map(hasChanged).includes(true)) onChange()
  }, interval)
  timer.unref()
  return () => clearInterval(timer)
}
