import { readFile } from 'node:fs/promises'
import type { Secret } from '../credential.ts'
import { TokenError } from '../errors.ts'

/**
 * A secret in a file, without the line breaks at its end. The file is opened by its name before every request, so that
 * a new secret needs no restart, whichever way it got there: overwritten, renamed into place, or by links that change
 * as those of Kubernetes volumes do.
 */
export const secretFromFile =
  (path: string): Secret =>
  async (signal) => {
    let text: string
    try {
      text = await readFile(path, { encoding: 'utf8', signal })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${error.code})` : ''
      throw new TokenError('secret_unavailable', `The client secret could not be read from ${path}${code}`)
    }
    const secret = text.replace(/[\r\n]+$/, '')
    if (secret === '') throw new TokenError('secret_unavailable', `The file of the client secret is empty: ${path}`)
    return secret
  }
