import type { Webhook } from '../domain/webhook.ts'

/** A webhook as the store keeps it; absent members have the defaults given here. */
type WebhookBody = Partial<Omit<Webhook, 'id' | 'url'>> & { readonly url: string }

export const readWebhookBody = (id: string, body: string): Webhook => {
  const stored = JSON.parse(body) as WebhookBody
  return {
    id,
    displayName: stored.displayName ?? '',
    enabled: stored.enabled ?? true,
    url: stored.url,
    events: stored.events ?? defaultWebhookEvents,
    secrets: stored.secrets ?? [],
  }
}

/**
 * What a webhook is told that does not say: what should not be missed. No refusals are among it: strangers bring them about as
 * often as they like, and an alarm would wait behind them.
 */
const defaultWebhookEvents: readonly string[] = [
  'credential.',
  'rotation.',
  'client-key.rolled',
  'client-keys.',
  'webhook.',
]
