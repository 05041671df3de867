import { type Certificate, hasStrongKey, isInTime } from '../certificates/certificate.ts'
import type { Credential } from '../domain/credential.ts'
import { proves } from '../domain/credential-state.ts'
import type { Clock } from '../lib/clock.ts'
import type { ReadClientCertificates } from './client-certificate.ts'
import { invalidClient } from './invalid-client.ts'
import type { ClientAuthenticationMethod } from './method.ts'

export type SelfSignedTlsClientAuthDependencies = {
  readonly readCertificates: ReadClientCertificates
  readonly clock: Clock
}

const name = 'self_signed_tls_client_auth'

const isThat = (credential: Credential, { thumbprint, keyDigest }: Certificate): boolean =>
  credential.type === 'certificate' &&
  credential.digest === (credential.match === 'certificate' ? thumbprint : keyDigest)

/**
 * `self_signed_tls_client_auth`: the client has the key of a certificate that is registered itself, or whose public key is
 * (RFC 8705 §2.2). Who signed it does not matter and is not looked at; that it is in its time is.
 */
export const createSelfSignedTlsClientAuth = ({
  readCertificates,
  clock,
}: SelfSignedTlsClientAuthDependencies): ClientAuthenticationMethod => ({
  name,
  ofConnection: true,
  present: ({ certificates: given }, form) => {
    const clientId = form.get('client_id')
    if (given === undefined || clientId === undefined) return undefined
    return {
      clientId,
      suits: ({ credentials }) => {
        const { own } = readCertificates(given)
        return credentials.some((credential) => isThat(credential, own))
      },
      prove: (client) => {
        const { own } = readCertificates(given)
        const now = clock.now()
        if (!isInTime(own, now)) throw invalidClient('certificate-in-time')
        if (!hasStrongKey(own)) throw invalidClient('certificate-key-strong')
        const found = client?.credentials.find((credential) => proves(credential, now) && isThat(credential, own))
        if (found !== undefined) return found.id
        throw invalidClient('certificate-registered', 'a live certificate of this client', own.thumbprint)
      },
    }
  },
})
