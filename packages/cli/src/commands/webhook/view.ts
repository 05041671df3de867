import type { CreatedWebhook, WebhookMessageView, WebhookView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'

const stateOf = ({ enabled, state }: WebhookView): string => (enabled ? state : 'disabled')

export const webhookColumns: readonly Column<WebhookView>[] = [
  { title: 'WEBHOOK', value: ({ id }) => id, whole: true },
  { title: 'URL', value: ({ url }) => url },
  { title: 'EVENTS', value: ({ events }) => events.join(' ') },
  {
    title: 'STATE',
    value: stateOf,
    style: (webhook) =>
      ({ active: 'green', failing: 'red', gone: 'red' })[stateOf(webhook)] as 'green' | 'red' | undefined,
  },
  { title: 'WAITING', value: ({ waiting }) => waiting, align: 'right' },
  { title: 'DEAD', value: ({ dead }) => dead, align: 'right' },
]

const secretText = ({ id, created, expires }: WebhookView['secrets'][number]): string =>
  `${id} since ${withoutFractions(created)}${expires === undefined ? '' : `, until ${withoutFractions(expires)}`}`

export const webhookFields = (webhook: CreatedWebhook) =>
  [
    ['webhook', webhook.id],
    ['name', webhook.displayName || undefined],
    ['url', webhook.url],
    ['events', webhook.events.join(' ')],
    ['state', stateOf(webhook)],
    ['failing since', webhook.failingSince && withoutFractions(webhook.failingSince)],
    ['last taken', webhook.lastSuccess && withoutFractions(webhook.lastSuccess)],
    ['last attempt', webhook.lastAttempt && `${withoutFractions(webhook.lastAttempt)}: ${webhook.lastOutcome}`],
    ['waiting', webhook.waiting],
    ['dead letters', webhook.dead],
    ['signed with', webhook.secrets.map(secretText)],
    ['secret', webhook.secret],
    ['revision', webhook.revision],
  ] as const

export const messageColumns: readonly Column<WebhookMessageView>[] = [
  { title: 'SEQUENCE', value: ({ sequence }) => sequence, align: 'right', whole: true },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'TIME', value: ({ time }) => withoutFractions(time) },
  { title: 'ATTEMPTS', value: ({ attempts }) => attempts, align: 'right' },
  { title: 'LAST', value: ({ lastOutcome }) => lastOutcome },
  { title: 'AGAIN', value: ({ due }) => (due === undefined ? 'never' : withoutFractions(due)) },
]
