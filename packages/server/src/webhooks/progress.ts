import type { AuditEvent } from '../audit/events.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { PostOutcome } from '../lib/post-public.ts'
import type { WebhookProgress } from '../store/store.ts'

/** How long a webhook takes nothing until that is announced, in milliseconds. */
const patience = 3_600_000

export type Verdict = 'taken' | 'failed' | 'gone'

/** What an attempt came to: any 2xx is taken, 410 means that there will never be anybody (Standard Webhooks 1.0). */
export const verdictOf = (outcome: PostOutcome): Verdict => {
  if ('error' in outcome) return 'failed'
  if (outcome.status === 410) return 'gone'
  return outcome.status >= 200 && outcome.status < 300 ? 'taken' : 'failed'
}

/** An outcome as it is kept and shown: the status, or a word of ours; nothing that the other side said. */
export const outcomeText = (outcome: PostOutcome): string =>
  'error' in outcome ? outcome.error : String(outcome.status)

/** How a webhook does after an attempt, and what of that is to be announced. */
export const afterAttempt = (
  { workspace, webhook }: { readonly workspace: WorkspaceKey; readonly webhook: string },
  before: WebhookProgress,
  outcome: PostOutcome,
  now: number,
): { readonly progress: WebhookProgress; readonly events: readonly AuditEvent[]; readonly recovered: boolean } => {
  const verdict = verdictOf(outcome)
  const lastOutcome = outcomeText(outcome)
  const attempted = { ...before, lastAttempt: now, lastOutcome }
  const say = (type: 'webhook.failing' | 'webhook.recovered' | 'webhook.gone', since?: number): AuditEvent => ({
    type,
    workspace,
    webhook,
    outcome: lastOutcome,
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
  })
  if (verdict === 'taken') {
    const recovered = before.state === 'failing'
    return {
      progress: { ...attempted, state: 'active', failingSince: undefined, lastSuccess: now },
      events: recovered ? [say('webhook.recovered', before.failingSince)] : [],
      recovered,
    }
  }
  const failingSince = before.failingSince ?? now
  const failed = { ...attempted, failingSince }
  if (verdict === 'gone')
    return { progress: { ...failed, state: 'gone' }, events: [say('webhook.gone')], recovered: false }
  if (before.state !== 'active' || now - failingSince < patience)
    return { progress: failed, events: [], recovered: false }
  return { progress: { ...failed, state: 'failing' }, events: [say('webhook.failing', failingSince)], recovered: false }
}
