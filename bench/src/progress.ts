import type { WriteStream } from 'node:tty'

export type Progress = { readonly show: (line: string) => void; readonly clear: () => void }

/** One line that is written over on a terminal; silence where the output is not one, so that logs stay readable. */
export const progressLine = (stream: Pick<WriteStream, 'write' | 'isTTY'>): Progress => {
  if (!stream.isTTY) return { show: () => {}, clear: () => {} }
  return {
    show: (line) => void stream.write(`\r\x1b[2K${line}`),
    clear: () => void stream.write('\r\x1b[2K'),
  }
}
