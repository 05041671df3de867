import { TokenError } from '../errors.ts'
import type { PlatformToken } from './federated-token.ts'

type Files = { readonly readFile: (path: string, options: object) => Promise<string> }
type Runtime = { readonly process?: { readonly getBuiltinModule?: (name: string) => unknown } }

/**
 * A token that the platform keeps fresh in a file: a projected service-account token of Kubernetes, a JWT-SVID that
 * spiffe-helper writes, the file of `AZURE_FEDERATED_TOKEN_FILE`. It is read before every request. Its audience is what
 * the platform was told: ask it for the issuer. Runs on Node, Bun and Deno.
 */
export const tokenFromFile =
  (path: string): PlatformToken =>
  async ({ signal }) => {
    const files = (globalThis as Runtime).process?.getBuiltinModule?.('node:fs/promises') as Files | undefined
    if (files === undefined)
      throw new TokenError('secret_unavailable', 'This runtime has no files to read a token from')
    try {
      return (await files.readFile(path, { encoding: 'utf8', signal })).trim()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${error.code})` : ''
      throw new TokenError('secret_unavailable', `The token of the platform could not be read from ${path}${code}`)
    }
  }
