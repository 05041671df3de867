import type * as nodeCrypto from 'node:crypto'

const encoder = new TextEncoder()
const algorithm = 'sha256'

// Node, Bun and Deno have a hash that answers at once, which makes a repeated token thirty times cheaper than
// WebCrypto's promise does. Asked for in this way, it does not keep the package from being bundled for workers.
const platform = globalThis.process?.getBuiltinModule?.('node:crypto') as Partial<typeof nodeCrypto> | undefined

/** SHA-256 of a token as a short string: what a memory of tokens is keyed by, so that it holds none. */
export const tokenDigest: (token: string) => string | Promise<string> =
  typeof platform?.hash === 'function' ? digestBy(platform.hash) : webDigest

function digestBy(hash: typeof nodeCrypto.hash): (token: string) => string {
  return (token) => hash(algorithm, token, 'base64')
}

/** The same, of WebCrypto. */
export async function webDigest(token: string): Promise<string> {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(token)))))
}
