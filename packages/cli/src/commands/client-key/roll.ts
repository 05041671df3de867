import { resolve } from 'node:path'
import { rollingKey } from '@mintmark/client/key-rollover'
import { keyFile } from '@mintmark/client/node'
import { defineCommand } from '../../command.ts'
import { dataDirectory, readAdministrator } from '../../connection/data-directory.ts'
import { setting } from '../../connection/secret-setting.ts'
import { trustCertificates } from '../../connection/trust.ts'
import { usageFailure } from '../../failure.ts'

export const clientKeyRoll = defineCommand({
  name: 'client-key roll',
  summary: 'As a client, replace the key in a file by a new one, which the present one signs',
  details:
    'The new key is written before the server is asked, so that the command can be repeated whenever it was ended. The client\nneeds the capability key_rollover. Its other processes must read the same file.',
  operands: { client: { summary: 'The client id' } },
  options: {
    'client-key-file': { type: 'text', value: 'FILE', summary: 'File with the private key as JWK; it is replaced' },
    issuer: { type: 'text', value: 'URL', summary: 'Who knows the key (MINTMARK_ISSUER)' },
    'data-dir': {
      type: 'text',
      value: 'DIR',
      summary: 'Data directory of a server on this machine (MINTMARK_DATA_DIR, else ./mintmark-data)',
    },
    'ca-file': { type: 'text', value: 'FILE', summary: 'Certificate to trust for https, in PEM (MINTMARK_CA_FILE)' },
  },
  examples: [
    {
      line: 'mintmark client-key roll billing --issuer https://auth.example/acme/payments --client-key-file billing.jwk',
      says: 'once a month, by a timer',
    },
  ],
  run: async ({ operands: { client }, options, environment, cwd, output }) => {
    const file = options['client-key-file']
    if (file === undefined) throw usageFailure('which key? Name its file: --client-key-file billing.jwk')
    const issuer = options.issuer ?? setting(environment, 'MINTMARK_ISSUER')
    if (issuer === undefined) throw usageFailure('who knows the key? Name the --issuer', 'or set MINTMARK_ISSUER')
    if (issuer.startsWith('https:')) {
      const directory = dataDirectory(options['data-dir'], environment, cwd)
      const named = options['ca-file'] ?? setting(environment, 'MINTMARK_CA_FILE')
      const caFile = named ?? readAdministrator(directory)?.caFile
      if (caFile !== undefined) trustCertificates(caFile, cwd)
    }
    const kid = await rollingKey({ issuer, clientId: client, storage: keyFile(resolve(cwd, file)) }).roll()
    output.result({ kid }, () => `${kid}\n`)
    output.remark(`${file} holds the new key now; the one before goes on for a while.`)
    return undefined
  },
})
