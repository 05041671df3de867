import { operations, type WebhookMessageView, type WebhookView } from '@mintmark/protocol/admin'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { defaultRotationOverlap } from '../registry/bodies.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import type { Outcome } from '../registry/change-set.ts'
import type { Body } from '../registry/kinds/kind.ts'
import { kindNamed } from '../registry/kinds.ts'
import { prepareChange, webhookPlace } from '../registry/steps.ts'
import { renewSecret } from '../registry/webhook-secrets.ts'
import type { WebhookMessage, WebhookProgress } from '../store/store.ts'
import { notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import { defaultPageSize, pageOf } from './cursor.ts'
import type { AdminDependencies } from './dependencies.ts'
import { listEntities } from './list-entities.ts'
import { bodyOfEntity, instant } from './views.ts'

type Doing = { readonly progress: WebhookProgress | undefined; readonly waiting: number; readonly dead: number }

const unknown: Doing = { progress: undefined, waiting: 0, dead: 0 }

const times = ({ failingSince, lastSuccess, lastAttempt, lastOutcome }: Partial<WebhookProgress>) => ({
  ...(failingSince === undefined ? {} : { failingSince: instant(failingSince) }),
  ...(lastSuccess === undefined ? {} : { lastSuccess: instant(lastSuccess) }),
  ...(lastAttempt === undefined ? {} : { lastAttempt: instant(lastAttempt) }),
  ...(lastOutcome === undefined ? {} : { lastOutcome }),
})

const webhookView = (id: string, body: Body, revision: number, { progress, waiting, dead }: Doing): WebhookView =>
  ({
    id,
    ...kindNamed('webhook').describe(id, body),
    state: progress?.state ?? 'active',
    ...times(progress ?? {}),
    waiting,
    dead,
    revision,
  }) as WebhookView

const messageView = ({ sequence, time, type, attempts, lastOutcome, due }: WebhookMessage): WebhookMessageView => ({
  sequence,
  time: instant(time),
  type,
  attempts,
  lastOutcome,
  ...(due === undefined ? {} : { due: instant(due) }),
})

export const createWebhookHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, cursors, preparation, webhooks, clock } = deps

  /** How the webhooks of a workspace do, by id. */
  const doings = async (workspace: WorkspaceKey): Promise<(id: string) => Doing> => {
    const [rows, counts] = await Promise.all([store.webhooks.list(workspace), store.webhooks.counts()])
    const byId = new Map(rows.map(({ id, progress }) => [id, progress]))
    return (id) => {
      const count = counts.find((one) => one.workspace === workspace && one.webhook === id)
      return { progress: byId.get(id), waiting: count?.waiting ?? 0, dead: count?.dead ?? 0 }
    }
  }

  const find = async (workspace: WorkspaceKey, id: string) => {
    const found = await store.configuration.readEntity(workspace, 'webhook', id)
    if (found === undefined) throw notFound(`webhook ${id} in ${workspace}`)
    return found
  }

  const render =
    (id: string, doing: Doing = unknown) =>
    (outcome: Outcome) => {
      const { body, revision } = leftBy(outcome, webhookPlace(id))
      const shown = outcome.committed.secrets.find(({ webhook }) => webhook === id)?.secret
      const view = webhookView(id, body, revision, doing)
      return { body: { ...view, ...(shown === undefined ? {} : { secret: shown }) }, etag: revision }
    }

  return [
    handle(operations.listWebhooks, async ({ workspace, query }) => {
      const doing = await doings(workspace)
      const view = (entity: Awaited<ReturnType<typeof find>>) =>
        webhookView(entity.id, bodyOfEntity(entity), entity.revision, doing(entity.id))
      return { body: await listEntities({ store, cursors }, workspace, 'webhook', query, view) }
    }),
    handle(operations.createWebhook, async (call) => {
      const { workspace, input: value } = call
      const steps = await prepareChange(workspace, { action: 'create', kind: 'webhook', value }, preparation)
      return commitCall(changeSets, call, steps, {}, render(value.id))
    }),
    handle(operations.showWebhook, async ({ workspace, parameters }) => {
      const found = await find(workspace, parameters.webhook)
      const doing = (await doings(workspace))(found.id)
      return { body: webhookView(found.id, bodyOfEntity(found), found.revision, doing), etag: found.revision }
    }),
    handle(operations.updateWebhook, async (call) => {
      const { workspace, input: value, parameters } = call
      const id = parameters.webhook
      const steps = await prepareChange(workspace, { action: 'update', kind: 'webhook', id, value }, preparation)
      const doing = (await doings(workspace))(id)
      return commitCall(changeSets, call, steps, { of: webhookPlace(id) }, render(id, doing))
    }),
    handle(operations.deleteWebhook, async (call) => {
      const place = webhookPlace(call.parameters.webhook)
      return commitCall(changeSets, call, [{ action: 'delete', place }], { of: place }, committedAnswer)
    }),
    handle(operations.rotateWebhookSecret, async (call) => {
      const { workspace, input, parameters } = call
      const place = webhookPlace(parameters.webhook)
      const doing = (await doings(workspace))(place.id)
      return commitCall(
        changeSets,
        call,
        async (state) => {
          if ((await state.read(place)).after === undefined) {
            throw new ChangeRefused([{ fault: 'missing', message: `webhook ${place.id} does not exist` }])
          }
          const overlap = input.overlap ?? (await state.settings())?.rotationOverlap ?? defaultRotationOverlap
          return [renewSecret(place.id, state.now + overlap * 1000)]
        },
        { of: place },
        render(place.id, doing),
      )
    }),
    handle(operations.testWebhook, async ({ workspace, parameters }) => {
      const tested = await webhooks.test(workspace, parameters.webhook)
      if (tested === undefined) throw notFound(`webhook ${parameters.webhook} in ${workspace}`)
      return { body: tested }
    }),
    handle(operations.listWebhookMessages, async ({ workspace, parameters, query }) => {
      const { limit = defaultPageSize, after, state = 'dead' } = query
      const { id } = await find(workspace, parameters.webhook)
      const list = JSON.stringify([workspace, 'webhook-messages', id, state])
      const place = after === undefined ? 0 : Number(cursors.read(list, after))
      const found = await store.webhooks.messages(workspace, id, state, place, limit + 1)
      return { body: pageOf(found, limit, messageView, ({ sequence }) => cursors.write(list, String(sequence))) }
    }),
    handle(operations.resendWebhookMessages, async ({ workspace, parameters, input }) => {
      const { id } = await find(workspace, parameters.webhook)
      return { body: { resent: await store.webhooks.resend(workspace, id, input.sequences, clock.now()) } }
    }),
  ]
}
