import type { RevisionSummary } from '@mintmark/protocol/admin'

/** What a commit did, as people read it: `created api orders, created credential 7fvq…`. */
export const changesText = (changes: RevisionSummary['changes']): string =>
  changes.map(({ action, kind, id }) => `${action} ${kind} ${id}`).join(', ')
