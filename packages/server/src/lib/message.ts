import type { IncomingHttpHeaders } from 'node:http'

/** Certificates as a client sent them in its TLS handshake, DER; nothing of them is checked but that it has the key. */
export type ClientCertificates = {
  /** Its own. */
  readonly own: Uint8Array
  /** Those it sent besides, which may lead to a CA. */
  readonly others: readonly Uint8Array[]
}

/** An HTTP request as endpoints see it: plain values, body read whole. */
export type HttpRequest = {
  readonly method: string
  /** The path as sent, without the query; not decoded. */
  readonly path: string
  /** The query as sent, without the question mark; OAuth endpoints never read parameters from it (RFC 6749 §3.2). */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as received: repeated headers stay visible. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
  /** The caller's address: the socket's, unless a configured proxy speaks for it. */
  readonly address: string
  /** What the client proved to have the key of, on this connection or on its connection to a configured proxy (RFC 8705). */
  readonly certificates?: ClientCertificates
}

/** An HTTP response as endpoints return it. */
export type HttpResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Set on a refusal for want of room: what comes next on this connection waits to be read. */
  readonly holdBack?: boolean
}

/** Headers of every answer of the token, introspection and revocation endpoints, errors included (RFC 6749 §5.1). */
export const noStore: Readonly<Record<string, string>> = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** A JSON answer. */
export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
  body: JSON.stringify(value),
})
