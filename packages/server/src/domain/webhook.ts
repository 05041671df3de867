/** A secret that messages are signed with, sealed under the master key. */
export type WebhookSecret = {
  readonly id: string
  /** Base64. */
  readonly sealed: string
  /** Epoch milliseconds. */
  readonly created: number
  /** Epoch milliseconds: until when messages are signed with it besides a newer one. */
  readonly expires?: number
}

/** A place that is told what happens in a workspace. */
export type Webhook = {
  readonly id: string
  readonly displayName: string
  /** A disabled one waits: what happens meanwhile is delivered later. */
  readonly enabled: boolean
  readonly url: string
  /** Types of audit events, or beginnings of them that end in a dot. */
  readonly events: readonly string[]
  readonly secrets: readonly WebhookSecret[]
}

/** What a sealed secret is bound to. */
export const webhookSecretContext = (workspace: string, webhook: string, secret: string): string =>
  `webhook secret ${workspace}/${webhook}/${secret}`
