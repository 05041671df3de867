import { workspaceCommand } from '../../admin-command.ts'
import { secretRemark } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'
import { given, readList, readOverlap } from '../../values.ts'
import { freshOptions, readFresh } from './source.ts'
import { credentialLine } from './view.ts'

export const rotate = workspaceCommand({
  name: 'rotate',
  summary: 'Give a client a new credential, and let the old one go on until an end that is kept',
  details:
    'Without a flag that says what the new credential is, the server makes a secret for a client that has one and shows it\nonce. A client whose id is a command below this one is named behind two dashes: mintmark rotate -- status.',
  operands: { client: { summary: 'Id of the client' } },
  options: {
    overlap: {
      type: 'text',
      value: 'TIME',
      summary: 'How long the old one goes on: 1h, 7d, at the most 90d; what the workspace says without it',
    },
    replaces: {
      type: 'text',
      value: 'ID',
      many: true,
      summary: 'Which credential it replaces; without it the live one of its kind, and of secrets all',
    },
    ...freshOptions,
  },
  examples: [
    { line: 'mintmark rotate billing --overlap 7d', says: 'a new secret, and a week to bring it to every instance' },
    { line: 'mintmark rotate reports --out-file reports-2.jwk', says: 'a new key, made here' },
    { line: 'mintmark rotate partner --certificate-file partner-2027.crt', says: 'a new certificate' },
  ],
  run: async (invocation) => {
    const { admin, place, operands, options, output } = invocation
    const { client } = operands
    const overlap = options.overlap === undefined ? undefined : readOverlap(options.overlap)
    const { items } = await admin.listCredentials({ ...place, client })
    const live = items.filter((one) => one.live && one.state === 'live')
    const fresh = await readFresh(options, invocation, client, live)
    const replaces = options.replaces.length === 0 ? undefined : readList(options.replaces)
    const rotated = await admin.startRotation({ ...place, client }, given({ ...fresh, overlap, replaces }))
    output.result(rotated, (screen) =>
      renderFields(
        [
          ['client', rotated.client],
          ['new', rotated.fresh.map(credentialLine)],
          ['secret', rotated.secret],
          ['old', rotated.old.map(credentialLine)],
          ['retires', withoutFractions(rotated.until)],
        ],
        screen,
      ),
    )
    if (rotated.secret !== undefined) output.remark(secretRemark)
    if (options['out-file'] !== undefined) output.remark(`The private key is in ${options['out-file']}.`)
    output.remark(`Who still uses the old one: mintmark rotate status ${client}`)
    return undefined
  },
})
