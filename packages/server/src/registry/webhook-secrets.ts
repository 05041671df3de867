import type { ShownSecret } from '@mintmark/protocol/admin'
import type { WebhookSecret } from '../domain/webhook.ts'
import { type Random, randomId } from '../lib/random.ts'
import type { Body } from './kinds/kind.ts'
import type { WorkingState } from './state.ts'
import type { Step } from './steps.ts'
import { webhookPlace } from './steps.ts'

/** Makes secrets of webhooks, which whoever makes a change set has no part in. */
export type WebhookSecrets = {
  readonly generate: () => string
  /** Seals one under the master key. */
  readonly seal: (workspace: string, webhook: string, id: string, secret: string) => string
}

/** The member of a body that asks for a new secret, and when the ones before it end: epoch milliseconds. */
const renewMember = 'renewSecret'

/** The step that gives a webhook a new secret, beside the newest one for a while. */
export const renewSecret = (webhook: string, othersEnd: number): Step => ({
  action: 'update',
  place: webhookPlace(webhook),
  patch: { [renewMember]: othersEnd },
})

/** Of a body out of the history secrets have only their names. */
const sealedOf = (body: Body | undefined): WebhookSecret[] =>
  ((body?.secrets ?? []) as WebhookSecret[]).filter(({ sealed }) => sealed !== undefined)

/** The newest secret until then, and no other. */
const ending = (secrets: readonly WebhookSecret[], end: number): WebhookSecret[] =>
  secrets.slice(-1).map((secret) => ({ ...secret, expires: Math.min(secret.expires ?? end, end) }))

const secretIdLength = 10

/** Gives new webhooks a secret, and those a new one that are to have it; whatever else a body says, secrets stay. */
export const completeWebhooks = async (
  state: WorkingState,
  secrets: WebhookSecrets | undefined,
  random: Random,
): Promise<ShownSecret[]> => {
  const shown: ShownSecret[] = []
  for (const { place, before, after } of state.touched()) {
    if (place.kind !== 'webhook' || after === undefined) continue
    const { [renewMember]: othersEnd, secrets: _secrets, ...rest } = after
    const there = sealedOf(before).filter(({ expires }) => expires === undefined || expires > state.now)
    if (there.length > 0 && othersEnd === undefined) {
      await state.write(place, { ...rest, secrets: sealedOf(before) })
      continue
    }
    if (secrets === undefined) throw new Error('webhooks are not made here')
    const id = randomId(random, secretIdLength)
    const secret = secrets.generate()
    const sealed = secrets.seal(state.workspace, place.id, id, secret)
    const made: WebhookSecret = { id, sealed, created: state.now }
    await state.write(place, { ...rest, secrets: [...ending(there, Number(othersEnd ?? 0)), made] })
    shown.push({ webhook: place.id, id, secret })
  }
  return shown
}
