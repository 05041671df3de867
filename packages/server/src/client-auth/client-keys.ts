import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { isInTime } from '../certificates/certificate.ts'
import type { Client } from '../domain/client.ts'
import type { ClientKeyAlgorithm, KeyCredential, KeySetCredential } from '../domain/credential.ts'
import { proves } from '../domain/credential-state.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { AssertionHeader, ClientAssertionHeader } from './assertion.ts'
import type { KeySets } from './key-sets.ts'

/** A key that may have signed, and the credential it is of. */
export type Candidate = { readonly credentialId: string; readonly key: KeyObject }

export type Signer = { readonly credential: KeyCredential; readonly key: KeyObject }

export type ClientKeys = {
  /**
   * The live keys of a client an assertion may be signed by: of its algorithm, and the one it names by `kid` or by the
   * thumbprint of its certificate.
   * @throws OAuthError `temporarily_unavailable` when the keys a client publishes cannot be had
   */
  readonly find: (client: Client, header: ClientAssertionHeader, now: number) => Promise<readonly Candidate[]>
  /** The keys registered for a client that may have signed, whatever became of them. */
  readonly signers: (client: Client, header: AssertionHeader) => readonly Signer[]
  /** A key of nobody, for clients that do not exist. */
  readonly nobody: (algorithm: ClientKeyAlgorithm) => KeyObject
}

const makers: Readonly<Record<ClientKeyAlgorithm, () => KeyObject>> = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
  Ed25519: () => generateKeyPairSync('ed25519').publicKey,
  PS256: () => createPublicKey({ key: nobodysRsaKey, format: 'jwk' }),
  RS256: () => createPublicKey({ key: nobodysRsaKey, format: 'jwk' }),
}

/** To make an RSA key takes a tenth of a second, so this is the one of RFC 7515 §A.2.1; nothing it verifies counts. */
const nobodysRsaKey = {
  kty: 'RSA',
  e: 'AQAB',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
}

export const createClientKeys = ({ keySets }: { readonly keySets: KeySets }): ClientKeys => {
  const imported = createBoundedCache<string, KeyObject>(10_000)
  const nobodies = new Map<ClientKeyAlgorithm, KeyObject>()

  const keyOf = (jwk: KeyCredential['jwk']): KeyObject => {
    const name = JSON.stringify(jwk)
    const known = imported.get(name)
    if (known !== undefined) return known
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    imported.set(name, key)
    return key
  }

  const published = async (
    credential: KeySetCredential,
    header: ClientAssertionHeader,
  ): Promise<readonly Candidate[]> => {
    const keys = await keySets.find(credential.uri, header)
    return keys.map(({ jwk }) => ({ credentialId: credential.id, key: keyOf(jwk) }))
  }

  return {
    find: async (client, header, now) => {
      if (namesTwo(client, header)) return []
      const candidates: Candidate[] = []
      for (const credential of client.credentials) {
        if (!proves(credential, now)) continue
        if (credential.type === 'key-set') candidates.push(...(await published(credential, header)))
        else if (credential.type === 'key' && matches(credential, header) && isCertified(credential, now))
          candidates.push({ credentialId: credential.id, key: keyOf(credential.jwk) })
      }
      return candidates
    },
    signers: (client, header) =>
      client.credentials.flatMap((credential) =>
        credential.type === 'key' && matches(credential, { ...header, certificate: undefined })
          ? [{ credential, key: keyOf(credential.jwk) }]
          : [],
      ),
    nobody: (algorithm) => {
      const known = nobodies.get(algorithm)
      if (known !== undefined) return known
      const made = makers[algorithm]()
      nobodies.set(algorithm, made)
      return made
    },
  }
}

/** Where a certificate is named, `kid` may be anything: platforms give it meanings of their own. */
const matches = ({ algorithm, kid, certificate }: KeyCredential, header: ClientAssertionHeader): boolean => {
  if (algorithm !== header.algorithm) return false
  if (header.certificate !== undefined) return certificate?.thumbprint === header.certificate
  return header.kid === undefined || header.kid === kid
}

/** Whether it names one key of the client by its `kid`, and another one by its certificate. */
const namesTwo = ({ credentials }: Client, { kid, certificate }: ClientAssertionHeader): boolean =>
  kid !== undefined &&
  certificate !== undefined &&
  credentials.some((one) => one.type === 'key' && one.kid === kid && one.certificate?.thumbprint !== certificate)

/** Whether the certificate a key came with is in its time; a key without one always is. */
const isCertified = ({ certificate }: KeyCredential, now: number): boolean =>
  certificate === undefined || isInTime(certificate, now)
