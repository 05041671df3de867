import { workspaceCommand } from '../../admin-command.ts'
import { printCommitted } from '../../staging.ts'
import { readOverlap } from '../../values.ts'

const operands = {
  client: { summary: 'Id of the client' },
  credential: { summary: 'Id of the credential, from mintmark credential list' },
} as const

export const credentialLive = workspaceCommand({
  name: 'credential live',
  summary: 'Make a credential live: a staged or draining one, or for seven days one that was retired',
  operands,
  options: {},
  examples: [{ line: 'mintmark credential live billing c4XpQ2', says: 'proves the client from the next request on' }],
  run: async ({ admin, place, operands: { client, credential }, output }) => {
    printCommitted(output, await admin.changeCredentialState({ ...place, client, credential }, { state: 'live' }))
    return undefined
  },
})

export const credentialStage = workspaceCommand({
  name: 'credential stage',
  summary: 'Take a live credential back to staged: it proves nothing until it is made live again',
  operands,
  options: {},
  examples: [{ line: 'mintmark credential stage billing c4XpQ2', says: 'it was made live too early' }],
  run: async ({ admin, place, operands: { client, credential }, output }) => {
    printCommitted(output, await admin.changeCredentialState({ ...place, client, credential }, { state: 'staged' }))
    return undefined
  },
})

export const credentialDrain = workspaceCommand({
  name: 'credential drain',
  summary: 'Let a credential go on for a while and then retire by itself',
  operands,
  options: {
    overlap: {
      type: 'text',
      value: 'TIME',
      summary: 'How long it goes on: 1h, 7d; what the workspace says without it',
    },
  },
  examples: [{ line: 'mintmark credential drain billing c4XpQ2 --overlap 7d', says: 'a week to bring out another' }],
  run: async ({ admin, place, operands: { client, credential }, options, output }) => {
    const overlap = options.overlap === undefined ? {} : { overlap: readOverlap(options.overlap) }
    const input = { state: 'draining', ...overlap } as const
    printCommitted(output, await admin.changeCredentialState({ ...place, client, credential }, input))
    return undefined
  },
})

export const credentialRetire = workspaceCommand({
  name: 'credential retire',
  summary:
    'Retire a credential: it proves the client no more from the next request on, and can be brought back for seven days',
  operands,
  options: {},
  examples: [{ line: 'mintmark credential retire billing c4XpQ2', says: 'undone by mintmark credential live' }],
  run: async ({ admin, place, operands: { client, credential }, output }) => {
    printCommitted(output, await admin.changeCredentialState({ ...place, client, credential }, { state: 'retired' }))
    output.remark(`For seven days it can be brought back: mintmark credential live ${client} ${credential}`)
    return undefined
  },
})
