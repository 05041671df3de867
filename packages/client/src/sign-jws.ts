/** What a client signs with. An RSA key is for PS256 unless it says RS256. */
export type AssertionAlgorithm = 'ES256' | 'ES384' | 'PS256' | 'RS256' | 'Ed25519'

type Parameters = Readonly<Record<string, unknown>> & { readonly name: string }

/** What a JWK is imported with, by algorithm. */
export const importParameters: Readonly<Record<AssertionAlgorithm, Parameters>> = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  ES384: { name: 'ECDSA', namedCurve: 'P-384' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  Ed25519: { name: 'Ed25519' },
}

const signParameters: Readonly<Record<AssertionAlgorithm, Parameters>> = {
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  ES384: { name: 'ECDSA', hash: 'SHA-384' },
  PS256: { name: 'RSA-PSS', saltLength: 32 },
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
  Ed25519: { name: 'Ed25519' },
}

/** The algorithm a key of WebCrypto is for; undefined for one that is not known here. */
export function algorithmOfKey({ algorithm }: CryptoKey): AssertionAlgorithm | undefined {
  const { name, namedCurve, hash } = algorithm as Partial<EcKeyAlgorithm & RsaHashedKeyAlgorithm>
  const known = Object.keys(importParameters) as AssertionAlgorithm[]
  return known.find((one) => {
    const wanted = importParameters[one]
    return wanted.name === name && wanted.namedCurve === namedCurve && wanted.hash === hash?.name
  })
}

const encoder = new TextEncoder()

/** A JWS in compact serialization (RFC 7515 §3.1). */
export async function signJws(
  algorithm: AssertionAlgorithm,
  key: CryptoKey,
  header: object,
  claims: object,
): Promise<string> {
  const input = `${base64url(encoder.encode(JSON.stringify(header)))}.${base64url(encoder.encode(JSON.stringify(claims)))}`
  const signature = await crypto.subtle.sign(signParameters[algorithm], key, encoder.encode(input))
  return `${input}.${base64url(new Uint8Array(signature))}`
}

export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
