import { createHmac } from 'node:crypto'
import type { Random } from '../lib/random.ts'

/** What secrets of webhooks begin with (Standard Webhooks 1.0, "Symmetric"). */
const secretPrefix = 'whsec_'

const secretLength = 32

/** A new secret of 256 bits, as its receiver is given it. */
export const generateWebhookSecret = (random: Random): string =>
  secretPrefix + Buffer.from(random.bytes(secretLength)).toString('base64')

/** A message as it is signed and sent. */
export type SignedMessage = {
  /** The same however often it is sent: receivers take each once by it. */
  readonly id: string
  readonly body: string
}

const sign = (secret: string, content: string): string => {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64')
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

/**
 * The headers of a message (Standard Webhooks 1.0): one signature by each secret, so that a receiver who has any of them can
 * check it.
 * @param now epoch milliseconds, of this attempt: receivers refuse what is older than they like
 */
export const signedHeaders = (
  { id, body }: SignedMessage,
  secrets: readonly string[],
  now: number,
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(now / 1000))
  return {
    'content-type': 'application/json',
    'user-agent': 'Mintmark-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => sign(secret, `${id}.${timestamp}.${body}`)).join(' '),
  }
}
