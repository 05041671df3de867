import type { Plan } from '@mintmark/protocol/admin'
import { countDifferences, renderDifferences } from '../terminal/differences.ts'
import { safeText } from '../terminal/safe-text.ts'
import type { Screen } from '../terminal/terminal.ts'

export type PlaceAndPlan = Plan & { readonly tenant: string; readonly workspace: string }

const renderPlan = ({ tenant, workspace, base, changes, conflicts }: PlaceAndPlan, screen: Screen): string => {
  const name = screen.paint('bold', safeText(`${tenant}/${workspace}`))
  const head = `${name} ${base === 0 ? '(would be made)' : `(at revision ${base})`}\n`
  const against = conflicts.map((text) => `${screen.paint('red', '! conflict:')} ${safeText(text)}\n`).join('')
  const sum = changes.length === 0 ? '' : `\n${countDifferences(changes)}\n`
  return head + renderDifferences(changes, screen) + sum + against
}

/** What each workspace of a file would become. */
export const renderPlans = (plans: readonly PlaceAndPlan[], screen: Screen): string =>
  plans.map((plan) => renderPlan(plan, screen)).join('\n')
