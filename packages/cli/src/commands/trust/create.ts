import { workspaceCommand } from '../../admin-command.ts'
import { usageFailure } from '../../failure.ts'
import { changeOptions, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { readTrust, trustOptions } from './members.ts'
import { trustFields } from './view.ts'

export const trustCreate = workspaceCommand({
  name: 'trust create',
  summary: 'Trust an issuer of platform tokens: Kubernetes, GitHub Actions, GitLab, a cloud, SPIFFE',
  details: 'It lets nobody in until a client names it: mintmark federation add.',
  operands: { trust: { summary: 'Its id: small letters, digits, dots, dashes' } },
  options: {
    issuer: {
      type: 'text',
      value: 'URL',
      summary: 'The iss of its tokens, to the letter; or a trust domain, such as spiffe://example.org; needed',
    },
    ...trustOptions,
    ...changeOptions,
  },
  examples: [
    {
      line: 'mintmark trust create github --issuer https://token.actions.githubusercontent.com',
      says: 'keys are discovered',
    },
    {
      line: 'mintmark trust create cluster --issuer https://kubernetes.default.svc.cluster.local --jwks-file jwks.json',
      says: 'a private cluster, by kubectl get --raw /openid/v1/jwks > jwks.json',
    },
    {
      line: 'mintmark trust create mesh --issuer spiffe://example.org --jwks-uri https://spire.example.org/bundle',
      says: 'a SPIFFE trust domain',
    },
  ],
  run: async ({ admin, place, operands, options, output, cwd, stdin }) => {
    if (options.issuer === undefined) throw usageFailure('a trust needs its --issuer')
    const { keys = { type: 'discovery' } as const, ...members } = await readTrust(options, { cwd, stdin })
    const value = { id: operands.trust, issuer: options.issuer, keys, ...members }
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'create', kind: 'trust', value })
      return undefined
    }
    const trust = await admin.createTrust(place, value)
    output.result(trust, (screen) => renderFields(trustFields(trust), screen))
    return undefined
  },
})
