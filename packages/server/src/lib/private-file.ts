import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'

/** Writes JSON to a file that only its owner may read (0600), whole or not at all. */
export const writePrivateFile = (file: string, value: unknown): void => {
  const partial = `${file}.partial`
  const descriptor = openSync(partial, 'w', 0o600)
  try {
    writeSync(descriptor, `${JSON.stringify(value, null, 2)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(partial, file)
}
