import { purgeAudit } from './audit.ts'
import { commit, createTenant, deleteDraft, saveDraft } from './commits.ts'
import { purgeCallers } from './credential-callers.ts'
import { saveCredentialUses } from './credential-use.ts'
import { deliverAudit } from './deliver-audit.ts'
import { announceEndings, forgetEndings, putAllEndings } from './endings.ts'
import { purgeIdempotency, saveIdempotency } from './idempotency.ts'
import { changeKeys, deleteKeys, resealKeys } from './keys.ts'
import { addRevocations, purgeRevocations } from './revocations.ts'
import { keepSetting, writeSetting } from './settings.ts'
import { purgeUsed } from './single-use.ts'
import { purgeDeadLetters, resendMessages } from './webhook-messages.ts'
import { recordWebhook, resealWebhooks } from './webhooks.ts'

/** Every write but the token path's audit append, each run in one transaction by either database. */
export const writes = {
  createTenant,
  commit,
  saveDraft,
  deleteDraft,
  changeKeys,
  resealKeys,
  deleteKeys,
  addRevocations,
  purgeRevocations,
  purgeAudit,
  deliverAudit,
  putAllEndings,
  announceEndings,
  forgetEndings,
  recordWebhook,
  resendMessages,
  purgeDeadLetters,
  resealWebhooks,
  saveCredentialUses,
  purgeCallers,
  saveIdempotency,
  purgeIdempotency,
  purgeUsed,
  writeSetting,
  keepSetting,
} as const

export type Writes = typeof writes
export type WriteName = keyof Writes

/** The arguments of a write after its transaction. */
export type WriteArguments<N extends WriteName> = Parameters<Writes[N]> extends [unknown, ...infer Rest] ? Rest : never
export type WriteResult<N extends WriteName> = Awaited<ReturnType<Writes[N]>>
