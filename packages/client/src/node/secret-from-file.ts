import { readFile } from 'node:fs/promises'
import type { Secret } from '../credential.ts'
import { TokenError } from '../errors.ts'

/** A secret in a file, without the line break at its end; read whenever it is needed, so that a new one needs no restart. */
export const secretFromFile =
  (path: string): Secret =>
  async (signal) => {
    let text: string
    try {
      text = await readFile(path, { encoding: 'utf8', signal })
    } catch (cause) {
      throw new TokenError('secret_unavailable', `The client secret could not be read from ${path}`, { cause })
    }
    const secret = text.replace(/\r?\n$/, '')
    if (secret === '') throw new TokenError('secret_unavailable', `The file of the client secret is empty: ${path}`)
    return secret
  }
