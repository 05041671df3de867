import type { SigningAlgorithm } from './api.ts'
import type { WorkspaceKey } from './workspace.ts'

/**
 * A key of a workspace. Its state is a function of these times (epoch milliseconds) and of now, never a stored word,
 * so that no clock, crash or missed timer can leave it wrong.
 */
export type KeyRecord = {
  readonly workspace: WorkspaceKey
  /** Unique for ever; published as `kid`. */
  readonly kid: string
  readonly use: 'sig' | 'seal'
  /** The signature algorithm, or `A256GCM` for a sealing key. */
  readonly algorithm: SigningAlgorithm | 'A256GCM'
  readonly created: number
  /** From when it signs. Published since `created`. */
  readonly activeFrom: number
  /** From when it signs no longer; undefined until its successor is made. */
  readonly retiredFrom: number | undefined
  /** From when it is published and accepted no longer. */
  readonly goneFrom: number | undefined
  /** Since when it is known as compromised: gone at once, and whatever it signed is dead. */
  readonly compromisedAt: number | undefined
  /** Public JWK as JSON; empty for a sealing key. */
  readonly publicJwk: string
  /** The private key (PKCS #8 DER) or the sealing key, sealed under the master key, base64. */
  readonly sealedPrivateKey: string
}

export type KeyState = 'announced' | 'active' | 'retired' | 'gone'

/** The state of a key at a time. */
export const keyState = (key: KeyRecord, now: number): KeyState => {
  if (key.compromisedAt !== undefined && key.compromisedAt <= now) return 'gone'
  if (key.goneFrom !== undefined && key.goneFrom <= now) return 'gone'
  if (key.retiredFrom !== undefined && key.retiredFrom <= now) return 'retired'
  return key.activeFrom <= now ? 'active' : 'announced'
}
