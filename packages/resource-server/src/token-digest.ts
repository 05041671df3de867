const encoder = new TextEncoder()

/** SHA-256 of a token as a short string: what a memory of tokens is keyed by, so that it holds none. */
export async function tokenDigest(token: string): Promise<string> {
  return String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(token))))
}
