import type { AdminClient } from '@mintmark/client/admin'
import type { Committed } from '@mintmark/protocol/admin'
import { adminCommand } from '../admin-command.ts'
import { documentOptions, readDocumentFile } from '../document/file-option.ts'
import { type PlaceAndPlan, renderPlans } from '../document/plans.ts'
import type { Intended } from '../document/read-document.ts'
import { failed } from '../failure.ts'
import { confirmOptions, secretRemark } from '../staging.ts'
import { countDifferences } from '../terminal/differences.ts'
import { renderFields } from '../terminal/table.ts'
import { given } from '../values.ts'

type Options = { readonly prune: boolean; readonly note: string | undefined }
type Planned = { readonly intended: Intended; readonly plan: PlaceAndPlan }

const input = ({ document }: Intended, { prune, note }: Options) => given({ document, prune, note })

const makePlans = async (admin: AdminClient, all: readonly Intended[], options: Options): Promise<Planned[]> => {
  const planned: Planned[] = []
  for (const intended of all) {
    const { tenant, workspace } = intended
    const plan = await admin.planDocument({ tenant, workspace }, input(intended, options))
    planned.push({ intended, plan: { tenant, workspace, ...plan } })
  }
  return planned
}

export const apply = adminCommand({
  name: 'apply',
  summary: 'Make workspaces as a file says, each in one change set; what is there already stays',
  details:
    'Shows the difference and asks before it commits; without a terminal --yes is needed. Refused when the workspace\nwas changed in between. Applying the same file again changes nothing.',
  operands: {},
  options: {
    ...documentOptions,
    note: { type: 'text', value: 'TEXT', summary: 'Why, for the history' },
    ...confirmOptions,
  },
  examples: [
    { line: 'mintmark apply -f mintmark.yaml', says: 'look, and say yes' },
    { line: "mintmark apply -f mintmark.yaml --yes --note 'release 12'", says: 'in a pipeline' },
  ],
  run: async (invocation) => {
    const { admin, options, output, confirm, progress } = invocation
    const planned = await makePlans(admin, await readDocumentFile(options.file, invocation), options)
    const plans = planned.map(({ plan }) => plan)
    if (output.format === 'table') output.screen.write(renderPlans(plans, output.screen))
    const conflict = plans.flatMap(({ conflicts }) => conflicts)[0]
    if (conflict !== undefined) throw failed(`cannot be applied: ${conflict}`)
    const toDo = planned.filter(({ plan }) => plan.changes.length > 0)
    if (toDo.length > 0) {
      const names = toDo.map(({ plan: { tenant, workspace } }) => `${tenant}/${workspace}`).join(', ')
      await confirm(`Apply this to ${names}?`, options.yes)
    }
    const bar = progress('applying')
    const done: (Committed & { readonly tenant: string; readonly workspace: string })[] = []
    let failure: { readonly cause: unknown } | undefined
    for (const { intended, plan } of toDo) {
      const { tenant, workspace } = intended
      try {
        const made = await admin.applyDocument({ tenant, workspace }, input(intended, options), { ifMatch: plan.base })
        done.push({ tenant, workspace, ...made })
      } catch (cause) {
        // What was committed before stays, and its secrets are shown now or never.
        failure = { cause }
        break
      }
      bar.update(done.length, toDo.length)
    }
    bar.finish()
    output.result(done, (screen) =>
      done
        .flatMap(({ secrets }) => secrets)
        .filter(({ secret }) => secret !== undefined)
        .map(
          ({ client, secret }) =>
            `\n${renderFields(
              [
                ['client', client],
                ['secret', secret],
              ],
              screen,
            )}`,
        )
        .join(''),
    )
    for (const { tenant, workspace, revision, changes, secrets } of done) {
      output.remark(`${tenant}/${workspace} is at revision ${revision}: ${countDifferences(changes)}.`)
      if (secrets.some(({ secret }) => secret !== undefined)) output.remark(secretRemark)
    }
    if (failure !== undefined) throw failure.cause
    return undefined
  },
})
