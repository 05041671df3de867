import { encodeBase64url } from './base64url.ts'
/** Nonces that DPoP proofs must carry (RFC 9449 §9): a keyed digest of the time, so that nothing is kept of them. */
export interface ProofNonces {
  /** The one to use from now on; a new one begins every minute. */
  current(): Promise<string>
  /** Whether it is the present one, or the one before or after it. */
  accepts(nonce: string): Promise<boolean>
}

/** Milliseconds for which a nonce is handed out. */
const turn = 60_000
const minimumSecret = 32
const encoder = new TextEncoder()
const digest = { name: 'HMAC', hash: 'SHA-256' }

/**
 * @param secret what processes that accept one another's nonces share, at least 32 bytes
 * @throws TypeError when it is shorter
 */
export function proofNonces(secret: Uint8Array<ArrayBuffer>, currentTime: () => number): ProofNonces {
  if (!(secret instanceof Uint8Array) || secret.length < minimumSecret) {
    throw new TypeError(`protect: the secret of nonces has fewer than ${minimumSecret} bytes`)
  }
  let importing: Promise<CryptoKey> | undefined
  const nonceOf = async (number: number): Promise<string> => {
    importing ??= crypto.subtle.importKey('raw', secret, digest, false, ['sign'])
    const bytes = await crypto.subtle.sign(digest, await importing, encoder.encode(`mintmark dpop nonce ${number}`))
    return encodeBase64url(new Uint8Array(bytes, 0, 18))
  }
  const turnNow = () => Math.floor(currentTime() / turn)
  return {
    current: () => nonceOf(turnNow()),
    accepts: async (nonce) => {
      const now = turnNow()
      const accepted = await Promise.all([now, now - 1, now + 1].map(nonceOf))
      // Whoever guesses learns nothing from the time: a nonce is no secret, each refusal gives one away.
      return accepted.includes(nonce)
    },
  }
}
