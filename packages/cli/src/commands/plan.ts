import { adminCommand } from '../admin-command.ts'
import { documentOptions, readDocumentFile } from '../document/file-option.ts'
import { type PlaceAndPlan, renderPlans } from '../document/plans.ts'
import { exitCode } from '../exit-code.ts'
import { given } from '../values.ts'

export const plan = adminCommand({
  name: 'plan',
  summary: 'Show what applying a file would change; changes nothing',
  details: 'Ends with 1 when something stands against applying it. The file is as mintmark export writes it.',
  operands: {},
  options: documentOptions,
  examples: [
    { line: 'mintmark plan -f mintmark.yaml', says: 'the difference' },
    { line: 'mintmark plan -f mintmark.yaml --prune', says: 'also what would be deleted' },
  ],
  run: async (invocation) => {
    const { admin, options, output } = invocation
    const intended = await readDocumentFile(options.file, invocation)
    const plans: PlaceAndPlan[] = []
    for (const { tenant, workspace, document } of intended) {
      const found = await admin.planDocument({ tenant, workspace }, given({ document, prune: options.prune }))
      plans.push({ tenant, workspace, ...found })
    }
    output.result(plans, (screen) => renderPlans(plans, screen))
    return plans.every(({ conflicts }) => conflicts.length === 0) ? undefined : exitCode.failed
  },
})
