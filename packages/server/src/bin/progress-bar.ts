import type { Terminal } from './command.ts'

const width = 24
/** Milliseconds before a bar is shown, and between two drawings of it: what is quick needs none. */
const patience = 400
const pause = 100

/** A bar on standard error where a person reads along; on anything else nothing is written. */
export const createProgressBar = (
  terminal: Terminal,
  label: string,
  elapsed: () => number,
): { readonly update: (done: number, total: number) => void; readonly finish: () => void } => {
  const began = elapsed()
  let drawn = Number.NEGATIVE_INFINITY
  return {
    update: (done, total) => {
      const now = elapsed()
      if (!terminal.interactive || now - began < patience || now - drawn < pause) return
      drawn = now
      const share = total === 0 ? 1 : Math.min(1, done / total)
      const filled = Math.round(share * width)
      const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`
      terminal.err(`\r\u001b[K${label} ${bar} ${Math.floor(share * 100)} %`)
    },
    finish: () => {
      if (drawn >= 0) terminal.err('\r\u001b[K')
    },
  }
}
