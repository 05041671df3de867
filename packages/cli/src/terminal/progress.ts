import type { Screen } from './terminal.ts'

export type Progress = {
  /** @param total undefined while it is not known */
  readonly update: (done: number, total: number | undefined) => void
  /** Removes the bar, so that what follows stands on a clean line. */
  readonly finish: () => void
}

const barWidth = 24
/** Milliseconds before a bar is shown, and between two drawings of it: what is quick needs none. */
const patience = 400
const pause = 100

/** A progress bar on a terminal; on anything else nothing is ever written. */
export const createProgress = (screen: Screen, label: string, now: () => number): Progress => {
  const begin = now()
  let drawn = Number.NEGATIVE_INFINITY
  let visible = false
  return {
    update: (done, total) => {
      const time = now()
      if (!screen.isTerminal || time - begin < patience || time - drawn < pause) return
      drawn = time
      visible = true
      const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total)
      const filled = Math.round((share ?? 0) * barWidth)
      const bar = share === undefined ? '' : ` ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
      const count = total === undefined ? `${done}` : `${done} of ${total}`
      screen.write(`\r\u001b[K${screen.paint('dim', `${label}${bar} ${count}`)}`)
    },
    finish: () => {
      if (visible) screen.write('\r\u001b[K')
      visible = false
    },
  }
}
