import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { ClientCertificates } from '../lib/message.ts'
import { tlsRules } from './tls.ts'

/** Certificates a client may send besides its own that are looked at. */
const maximumOthers = 10

const known = new WeakMap<Socket, ClientCertificates | undefined>()

/**
 * The certificates a client sent in the TLS handshake of a connection, read once for each. TLS has proven that it has the
 * key of its own, and nothing else is known of them.
 */
export const connectionCertificates = (socket: Socket): ClientCertificates | undefined => {
  if (known.has(socket)) return known.get(socket)
  const found = 'getPeerCertificate' in socket ? readPeer(socket as TLSSocket) : undefined
  known.set(socket, found)
  return found
}

const readPeer = (socket: TLSSocket): ClientCertificates | undefined => {
  const peer = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null
  if (!peer?.raw) return undefined
  const others: Uint8Array[] = []
  let last: Partial<DetailedPeerCertificate> = peer
  while (others.length < maximumOthers) {
    const next: Partial<DetailedPeerCertificate> | undefined = last.issuerCertificate
    // A certificate that signed itself is its own issuer.
    if (!next?.raw || next === last) break
    others.push(next.raw)
    last = next
  }
  return { own: peer.raw, others }
}

/** What a listener asks for: every certificate is taken, and judged for each request by the rules of its workspace. */
export const certificateRequest = { requestCert: true, rejectUnauthorized: false } as const

/**
 * No connection is resumed: of a resumed one the certificates that lead to a CA are lost. And no CA of the platform counts,
 * so none is loaded.
 */
export const withoutResumption = {
  ca: [] as string[],
  secureOptions: tlsRules.secureOptions | constants.SSL_OP_NO_TICKET,
}
