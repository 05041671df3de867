import type { AdminClient } from '@mintmark/client/admin'
import type { ClientKeyInput } from '@mintmark/protocol/admin'
import type { OptionSpecs, OptionValues } from '../../command.ts'
import type { Output } from '../../output.ts'
import { changeOptions, stage, stagedMember, stagedOptions } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { readTime } from '../../values.ts'
import { clientKeyFields } from './view.ts'

export const keyOptions = {
  expires: { type: 'text', value: 'TIME', summary: 'When it ends: 2027-01-31, or a span such as 90d' },
  ...stagedOptions,
  ...changeOptions,
} as const satisfies OptionSpecs

type Registration = {
  readonly admin: AdminClient
  readonly place: { readonly tenant: string; readonly workspace: string }
  readonly output: Output
  readonly now: () => number
}

/** Adds a key to a client, or to a change set, and says what the client still lacks to use it. */
export const registerKey = async (
  { admin, place, output, now }: Registration,
  client: string,
  input: ClientKeyInput,
  options: OptionValues<typeof keyOptions>,
): Promise<void> => {
  const expires =
    options.expires === undefined ? {} : { expires: readTime(options.expires, '--expires', now(), 'after') }
  const value = { ...input, ...expires, ...stagedMember(options) }
  if (options.change !== undefined) {
    await stage({ admin, place, output }, options.change, { action: 'create', kind: 'client-key', client, value })
    return
  }
  const key = await admin.createClientKey({ ...place, client }, value)
  output.result(key, (screen) => renderFields(clientKeyFields(key), screen))
  const { authenticationMethods } = await admin.showClient({ ...place, client })
  const { what, method } = uses[input.type]
  if (authenticationMethods.includes(method)) return
  output.remark(
    `${client} may not use a ${what} yet. To let it use ${what}s alone: mintmark client update ${client} --auth-method ${method}`,
  )
}

/** The authentication method that what is registered is for. */
const uses = {
  key: { what: 'key', method: 'private_key_jwt' },
  'key-set': { what: 'key', method: 'private_key_jwt' },
  'certificate-subject': { what: 'certificate', method: 'tls_client_auth' },
  certificate: { what: 'certificate', method: 'self_signed_tls_client_auth' },
} as const
