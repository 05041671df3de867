import { auditEventFamilies, auditEventTypes } from '../../audit/event-types.ts'
import type { Webhook, WebhookSecret } from '../../domain/webhook.ts'
import { isPostable } from '../../lib/post-public.ts'
import { createReachable } from '../../lib/public-address.ts'
import { readWebhookBody } from '../webhook-body.ts'
import { type Body, type Fault, type Kind, rule } from './kind.ts'

/** How many webhooks a workspace may have. */
const maximumWebhooks = 20

/** Issued tokens are too many. */
const sendable = auditEventTypes.filter((type) => type !== 'token.issued')

const checkEvents = ({ events }: Webhook): Fault[] =>
  events.flatMap((wanted, index) => {
    const path = `/events/${index}`
    if (wanted === 'token.issued') {
      return [rule('tokens that are issued are in the audit log alone: they are too many to be sent', path)]
    }
    if (auditEventTypes.includes(wanted) || auditEventFamilies.includes(wanted)) return []
    const family = auditEventFamilies.find((one) => wanted.startsWith(one))
    const choices = family === undefined ? auditEventFamilies : sendable.filter((type) => type.startsWith(family))
    return [rule(`no event is ${wanted}: name a type, or a beginning, such as ${choices.join(', ')}`, path)]
  })

/** What the URL itself shows; where a name leads is looked at with each message. */
const checkUrl = ({ url }: Webhook, allowed: readonly string[]): Fault[] => {
  const parsed = URL.parse(url)
  if (parsed === null || !isPostable(parsed)) return [rule('the URL of a webhook is https', '/url')]
  if (parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') {
    return [rule('the URL of a webhook is without user, password and fragment', '/url')]
  }
  const { fault } = createReachable(allowed)
  const wrong = fault(parsed.hostname)
  return wrong === undefined
    ? []
    : [rule(`the URL of a webhook is on the internet, or named by webhooks.allowed of the server: ${wrong}`, '/url')]
}

/** A secret of a webhook as it may be shown. */
const shown = ({ id, created, expires }: WebhookSecret): Body => ({
  id,
  created: new Date(created).toISOString(),
  ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
})

export const webhookKind: Kind = {
  name: 'webhook',
  describe: (id, body) => {
    const { id: _id, secrets, ...settings } = readWebhookBody(id, JSON.stringify(body))
    return { ...settings, secrets: secrets.map(shown) }
  },
  history: ({ secrets, ...body }) => ({
    ...body,
    ...(secrets === undefined
      ? {}
      : { secrets: (secrets as WebhookSecret[]).map(({ sealed: _sealed, ...rest }) => rest) }),
  }),
  claims: () => [],
  check: async ({ place, before, after }, state) => {
    if (after === undefined) return []
    const webhook = readWebhookBody(place.id, JSON.stringify(after))
    const faults = [...checkUrl(webhook, state.offered.webhookHosts ?? []), ...checkEvents(webhook)]
    if (before === undefined && (await state.webhooks()) > maximumWebhooks) {
      faults.push({ fault: 'used', message: `a workspace has at most ${maximumWebhooks} webhooks: delete one first` })
    }
    return faults
  },
}
