import type { RevisionSummary } from '@mintmark/protocol/admin'

/** What a commit did, as people read it: `created api orders, created secret 7fvq…`. */
export const changesText = (changes: RevisionSummary['changes']): string =>
  changes.map(({ action, kind, id }) => `${action} ${kind === 'credential' ? 'secret' : kind} ${id}`).join(', ')
