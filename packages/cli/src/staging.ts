import type { AdminClient } from '@mintmark/client/admin'
import type { Change, Committed } from '@mintmark/protocol/admin'
import type { OptionSpecs } from './command.ts'
import type { Place } from './connection/workspace.ts'
import type { Output } from './output.ts'
import { countDifferences, renderDifferences } from './terminal/differences.ts'
import { renderFields } from './terminal/table.ts'

/** The flag of every command whose change can wait in a change set. */
export const changeOptions = {
  change: { type: 'text', value: 'ID', summary: 'Stage the change in this change set instead of committing it' },
} as const satisfies OptionSpecs

/** The flag of every command that makes a credential. */
export const stagedOptions = {
  staged: {
    type: 'switch',
    summary: 'It proves nothing until "mintmark credential live", or a rotation, makes it live',
  },
} as const satisfies OptionSpecs

/** The member it is, where it is given. */
export const stagedMember = ({ staged }: { readonly staged: boolean }) => (staged ? { staged } : {})

export const confirmOptions = {
  yes: { type: 'switch', short: 'y', summary: 'Go on without being asked' },
} as const satisfies OptionSpecs

type Staging = { readonly admin: AdminClient; readonly place: Place; readonly output: Output }

/** Adds one change to a change set and shows what the set would do now. */
export const stage = async ({ admin, place, output }: Staging, id: string, change: Change): Promise<void> => {
  const draft = await admin.stageChanges({ ...place, change: id }, { changes: [change] })
  output.result(draft, (screen) => renderDifferences(draft.changes, screen))
  output.remark(`Staged in change set ${draft.id}; "mintmark change commit ${draft.id}" commits it.`)
}

/** What a commit did, and the secrets it made: printed here and never again. */
export const printCommitted = (output: Output, committed: Committed): void => {
  output.result(committed, (screen) => {
    const shown = committed.secrets.filter(({ secret }) => secret !== undefined)
    const secrets = shown.map(({ client, webhook, secret }) =>
      renderFields(
        [
          ['client', client],
          ['webhook', webhook],
          ['secret', secret],
        ],
        screen,
      ),
    )
    return renderDifferences(committed.changes, screen) + secrets.map((text) => `\n${text}`).join('')
  })
  output.remark(`Committed as revision ${committed.revision}: ${countDifferences(committed.changes)}.`)
  if (committed.secrets.some(({ secret }) => secret !== undefined)) output.remark(secretRemark)
}

export const secretRemark = 'Keep the secret now: it is never shown again.'
