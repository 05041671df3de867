import type { AdminClient } from '@mintmark/client/admin'
import type { CredentialTrace, LeakOwner } from '@mintmark/protocol/admin'
import { readPlace } from '../connection/workspace.ts'
import type { Progress } from '../terminal/progress.ts'

type Use = { readonly count: number; readonly first: string; readonly last: string }

/** Times of the admin API compare as texts: all have one form. */
const joined = (a: Use | undefined, b: Use): Use => {
  const { first, last } = b
  if (a === undefined) return { count: b.count, first, last }
  const times = [a.first, a.last, first, last].sort()
  return { count: a.count + b.count, first: times[0] ?? first, last: times[3] ?? last }
}

const merge = <T extends Use>(all: readonly T[], name: (one: T) => string): T[] => {
  const byName = new Map<string, T>()
  for (const one of all) byName.set(name(one), { ...one, ...joined(byName.get(name(one)), one) })
  return [...byName.values()].sort((a, b) => b.count - a.count)
}

/** Two parts of one trace, the newer first. */
export const mergeTraces = (a: CredentialTrace, b: CredentialTrace): CredentialTrace => {
  const tokens = b.tokens === undefined ? a.tokens : joined(a.tokens, b.tokens)
  return {
    ...(tokens === undefined ? {} : { tokens }),
    refusals: a.refusals + b.refusals,
    apis: merge([...a.apis, ...b.apis], ({ api, scope }) => JSON.stringify([api, scope])),
    addresses: merge([...a.addresses, ...b.addresses], ({ address }) => address),
    live: [...a.live, ...b.live],
    liveCount: a.liveCount + b.liveCount,
    until: a.until,
  }
}

/** What the whole audit log since a time says of a credential, asked for a piece at a time. */
export const gatherTrace = async (
  admin: Pick<AdminClient, 'traceCredential'>,
  { workspace, client, credential }: Pick<LeakOwner, 'workspace' | 'client' | 'credential'>,
  since: string,
  progress: Progress,
): Promise<CredentialTrace> => {
  const place = { ...readPlace(workspace, 'workspace'), client, credential }
  const { next, ...first } = await admin.traceCredential(place, { since })
  let trace: CredentialTrace = first
  for (let after = next; after !== undefined; ) {
    const piece = await admin.traceCredential(place, { since, after })
    trace = mergeTraces(trace, piece)
    after = piece.next
    progress.update(trace.tokens?.count ?? 0, undefined)
  }
  progress.finish()
  return trace
}
