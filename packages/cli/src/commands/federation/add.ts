import { workspaceCommand } from '../../admin-command.ts'
import { usageFailure } from '../../failure.ts'
import { changeOptions, stage, stagedMember, stagedOptions } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { readTime } from '../../values.ts'
import { readMatcher } from './matcher.ts'
import { federationFields } from './view.ts'

export const federationAdd = workspaceCommand({
  name: 'federation add',
  summary: 'Make a workload of a platform a client: by its tokens, and without a secret',
  details:
    'All matchers must hold, and one of them names the workload exactly. A claim inside another is a JSON pointer:\n/kubernetes.io/namespace=billing. Text: claim=TEXT, number or truth: claim:=JSON, beginning: claim^=TEXT, pattern:\nclaim~=GLOB, where * is any text without / and :, and ** any text.',
  operands: { client: { summary: 'Id of the client' } },
  options: {
    trust: { type: 'text', value: 'TRUST', summary: 'Whose tokens; needed' },
    match: { type: 'text', value: 'CLAIM=VALUE', many: true, summary: 'What a claim must be; needed' },
    expires: { type: 'text', value: 'TIME', summary: 'When it ends: 2027-01-31, or a span such as 90d' },
    ...stagedOptions,
    ...changeOptions,
  },
  examples: [
    {
      line: 'mintmark federation add invoices --trust cluster --match sub=system:serviceaccount:billing:invoices',
      says: 'a service account of Kubernetes',
    },
    {
      line: "mintmark federation add deploy --trust github --match repository_id=456789 --match 'sub~=repo:**:environment:production'",
      says: 'one environment of one repository, whatever it is called',
    },
  ],
  run: async ({ admin, place, operands: { client }, options, output, now }) => {
    if (options.trust === undefined) throw usageFailure('whose tokens? Name a trust: --trust cluster')
    if (options.match.length === 0) throw usageFailure('which workload? Say what claims must be: --match sub=…')
    const expires =
      options.expires === undefined ? {} : { expires: readTime(options.expires, '--expires', now(), 'after') }
    const value = { trust: options.trust, match: options.match.map(readMatcher), ...expires, ...stagedMember(options) }
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'create', kind: 'federation', client, value })
      return undefined
    }
    const federation = await admin.createFederation({ ...place, client }, value)
    output.result(federation, (screen) => renderFields(federationFields(federation), screen))
    for (const warning of federation.warnings) output.remark(`Take care: ${warning}.`)
    const { authenticationMethods } = await admin.showClient({ ...place, client })
    if (!authenticationMethods.some((name) => name === 'federated' || name === 'spiffe_x509')) {
      output.remark(
        `${client} may not come in this way yet. To let it in this way alone: mintmark client update ${client} --auth-method federated`,
      )
    }
    return undefined
  },
})
