import { type Webhook, type WebhookSecret, webhookSecretContext } from '../domain/webhook.ts'
import { MasterKeyError } from '../keys/master-key.ts'
import type { Random } from '../lib/random.ts'
import { open, seal } from '../lib/seal.ts'
import { readWebhookBody } from '../registry/webhook-body.ts'
import type { WebhookSecrets } from '../registry/webhook-secrets.ts'
import type { WebhookStore } from '../store/store.ts'
import { generateWebhookSecret } from './signature.ts'

const sealed = (key: Uint8Array, secret: Uint8Array, context: string, random: Random): string =>
  Buffer.from(seal(key, secret, context, random)).toString('base64')

const opened = (key: Uint8Array, secret: WebhookSecret, context: string): Uint8Array | undefined =>
  open(key, Buffer.from(secret.sealed, 'base64'), context)

export const createWebhookSecrets = (masterKey: Uint8Array, random: Random): WebhookSecrets => ({
  generate: () => generateWebhookSecret(random),
  seal: (workspace, webhook, id, secret) =>
    sealed(masterKey, Buffer.from(secret), webhookSecretContext(workspace, webhook, id), random),
})

/**
 * The secrets that a message is signed with now, the newest first.
 * @throws Error when none can be opened: nothing is sent that cannot be checked
 */
export const openSecrets = (masterKey: Uint8Array, workspace: string, webhook: Webhook, now: number): string[] => {
  const found = webhook.secrets
    .filter(({ expires }) => expires === undefined || expires > now)
    .flatMap((secret) => opened(masterKey, secret, webhookSecretContext(workspace, webhook.id, secret.id)) ?? [])
    .map((secret) => Buffer.from(secret).toString())
    .reverse()
  if (found.length === 0) throw new Error(`webhook ${webhook.id} of ${workspace} has no secret that can be opened`)
  return found
}

/**
 * Seals the secrets of all webhooks under a new master key; those that are already stay.
 * @throws MasterKeyError when one opens under neither key
 */
export const resealWebhookSecrets = async (
  store: Pick<WebhookStore, 'listAll' | 'reseal'>,
  key: Uint8Array,
  previous: Uint8Array,
  random: Random,
): Promise<void> => {
  const rows = await store.listAll()
  const resealed = rows.map(({ workspace, id, body }) => {
    const secrets = readWebhookBody(id, body).secrets.map((secret) => {
      const context = webhookSecretContext(workspace, id, secret.id)
      if (opened(key, secret, context) !== undefined) return secret
      const plain = opened(previous, secret, context)
      if (plain !== undefined) return { ...secret, sealed: sealed(key, plain, context, random) }
      throw new MasterKeyError(
        `a secret of webhook ${id} of ${workspace} opens under neither master key: restore a backup`,
      )
    })
    return { workspace, id, body: JSON.stringify({ ...(JSON.parse(body) as object), secrets }) }
  })
  if (resealed.length > 0) await store.reseal(resealed)
}
