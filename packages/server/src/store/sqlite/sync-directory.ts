import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes the names in a directory durable: a file renamed into it is there after a loss of power. */
export const syncDirectory = (directory: string): void => {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
