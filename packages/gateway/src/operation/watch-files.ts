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
 * Looks at files every so many milliseconds and tells when one has changed. One that is away is waited for.
 * @param files asked each time
 * @returns a function that ends it
 */
export const watchFiles = (files: () => readonly string[], interval: number, onChange: () => void): (() => void) => {
  const states = new Map(files().map((file) => [file, stateOf(file)]))
  const timer = setInterval(() => {
    let changed = false
    for (const file of files()) {
      const state = stateOf(file)
      const known = states.get(file)
      if (state === 'away' || state === known) continue
      states.set(file, state)
      if (known !== undefined) changed = true
    }
    if (changed) onChange()
  }, interval)
  timer.unref()
  return () => clearInterval(timer)
}
