import { type Static, Type } from 'typebox'
import { committed, displayName, id, object, pageOf, pageQuery, revision, searchQuery, time } from './common.ts'

const url = Type.String({
  minLength: 1,
  maxLength: 2000,
  description: 'https; http for loopback, where the operator allows it',
})

const optional = {
  displayName,
  enabled: Type.Boolean({ description: 'False: it waits; what happens meanwhile is delivered later' }),
  events: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
    minItems: 1,
    maxItems: 50,
    description:
      'Types of audit events, or beginnings of them that end in a dot; default credential. rotation. client-key.rolled client-keys. webhook.',
  }),
}

const given = Type.Partial(object(optional)).properties

/** A webhook without its id: what a declarative document says of it. */
export const webhookDefinition = object({ url, ...given })
export type WebhookDefinition = Static<typeof webhookDefinition>

export const webhookInput = object({ id, url, ...given })
export type WebhookInput = Static<typeof webhookInput>

export const webhookPatch = object({ url: Type.Optional(url), ...given })
export type WebhookPatch = Static<typeof webhookPatch>

const outcome = Type.String({ description: 'A status, or forbidden, unreachable, timed-out' })

export const webhook = object({
  id: Type.String(),
  url,
  ...optional,
  secrets: Type.Array(object({ id: Type.String(), created: time, expires: Type.Optional(time) })),
  state: Type.Union([Type.Literal('active'), Type.Literal('failing'), Type.Literal('gone')], {
    description: 'failing: nothing was taken for an hour; gone: it answered 410, and is sent nothing',
  }),
  failingSince: Type.Optional(time),
  lastSuccess: Type.Optional(time),
  lastAttempt: Type.Optional(time),
  lastOutcome: Type.Optional(outcome),
  waiting: Type.Integer({ description: 'Messages that are tried again' }),
  dead: Type.Integer({ description: 'Messages that are not: dead letters' }),
  revision,
})
export type WebhookView = Static<typeof webhook>

/** A webhook as the one answer shows it that has its secret. */
export const createdWebhook = object({
  ...webhook.properties,
  secret: Type.Optional(
    Type.String({ description: 'Messages are signed with it; shown in this answer and never again' }),
  ),
})
export type CreatedWebhook = Static<typeof createdWebhook>

export const webhookMessage = object({
  sequence: Type.Integer({ description: 'Of the audit event' }),
  time,
  type: Type.String(),
  attempts: Type.Integer(),
  lastOutcome: outcome,
  due: Type.Optional(time),
})
export type WebhookMessageView = Static<typeof webhookMessage>

export const webhookTest = object({ delivered: Type.Boolean(), outcome, milliseconds: Type.Integer() })
export type WebhookTest = Static<typeof webhookTest>

const path = '/workspaces/{tenant}/{workspace}/webhooks'

export const webhookOperations = {
  listWebhooks: {
    name: 'listWebhooks',
    method: 'GET',
    path,
    scope: 'read',
    summary: 'List the places that are told what happens in a workspace, and how they do.',
    query: searchQuery,
    status: 200,
    result: pageOf(webhook),
  },
  createWebhook: {
    name: 'createWebhook',
    method: 'POST',
    path,
    scope: 'write',
    summary: 'Tell a place what happens from now on; the answer shows the secret that messages are signed with.',
    input: webhookInput,
    status: 201,
    result: createdWebhook,
    example: { id: 'alerts', url: 'https://alerts.example/mintmark', events: ['credential.', 'rotation.'] },
  },
  showWebhook: {
    name: 'showWebhook',
    method: 'GET',
    path: `${path}/{webhook}`,
    scope: 'read',
    summary: 'Show a webhook.',
    status: 200,
    result: webhook,
  },
  updateWebhook: {
    name: 'updateWebhook',
    method: 'PATCH',
    path: `${path}/{webhook}`,
    scope: 'write',
    summary: 'Change the members given; the others stay. One that was gone is tried again.',
    input: webhookPatch,
    status: 200,
    result: webhook,
    example: { events: ['credential.expiring'] },
  },
  deleteWebhook: {
    name: 'deleteWebhook',
    method: 'DELETE',
    path: `${path}/{webhook}`,
    scope: 'write',
    summary: 'Delete a webhook, with what it was not told yet.',
    status: 200,
    result: committed,
  },
  rotateWebhookSecret: {
    name: 'rotateWebhookSecret',
    method: 'POST',
    path: `${path}/{webhook}/rotate`,
    scope: 'write',
    summary: 'Sign with a new secret, and for an overlap with the one before too.',
    input: object({
      overlap: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 7_776_000,
          description: 'Seconds; by default the workspace’s `rotationOverlap`',
        }),
      ),
    }),
    status: 200,
    result: createdWebhook,
    example: { overlap: 3600 },
  },
  testWebhook: {
    name: 'testWebhook',
    method: 'POST',
    path: `${path}/{webhook}/test`,
    scope: 'write',
    summary: 'Send one message of the type `webhook.test` now, and say whether it was taken.',
    status: 200,
    result: webhookTest,
  },
  listWebhookMessages: {
    name: 'listWebhookMessages',
    method: 'GET',
    path: `${path}/{webhook}/messages`,
    scope: 'read',
    summary: 'List messages that were not taken: those that wait, or the dead letters.',
    query: object({
      ...pageQuery.properties,
      state: Type.Optional(Type.Union([Type.Literal('waiting'), Type.Literal('dead')], { default: 'dead' })),
    }),
    status: 200,
    result: pageOf(webhookMessage),
  },
  resendWebhookMessages: {
    name: 'resendWebhookMessages',
    method: 'POST',
    path: `${path}/{webhook}/resend`,
    scope: 'write',
    summary:
      'Send dead letters and waiting messages again as if they were new: those named, or all. One that was gone is tried again.',
    input: object({
      sequences: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 500 })),
    }),
    status: 200,
    result: object({ resent: Type.Integer() }),
    example: { sequences: [42] },
  },
} as const
