import { isLoopback } from '@mintmark/client/transport'
import type { OptionSpecs } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { badConfiguration, CommandFailure } from '../failure.ts'
import type { Environment } from '../terminal/terminal.ts'
import { type Administrator, dataDirectory, readAdministrator } from './data-directory.ts'
import { secretSetting, setting } from './secret-setting.ts'

/** The flags of every command that speaks to the admin API. */
export const connectionOptions = {
  'admin-url': {
    type: 'text',
    value: 'URL',
    summary: 'Where the admin API is (MINTMARK_ADMIN_URL, else what the data directory says)',
  },
  'data-dir': {
    type: 'text',
    value: 'DIR',
    summary: 'Data directory of a server on this machine (MINTMARK_DATA_DIR, else ./mintmark-data)',
  },
  'ca-file': { type: 'text', value: 'FILE', summary: 'Certificate to trust for https, in PEM (MINTMARK_CA_FILE)' },
} as const satisfies OptionSpecs

export type ConnectionFlags = {
  readonly 'admin-url'?: string | undefined
  readonly 'data-dir'?: string | undefined
  readonly 'ca-file'?: string | undefined
}

const checkUrl = (text: string, from: string): string => {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '')
  throw badConfiguration(`${from} is not an http or https URL`)
}

/**
 * Where the admin API is and who speaks to it: flags, then environment, then what a server on this machine left in its
 * data directory.
 * @throws CommandFailure bad configuration when what is set is incomplete, denied when there is nothing to go by
 */
export const findConnection = (flags: ConnectionFlags, environment: Environment, cwd: string): Administrator => {
  const directory = dataDirectory(flags['data-dir'], environment, cwd)
  const clientId = setting(environment, 'MINTMARK_ADMIN_CLIENT_ID')
  const clientSecret = secretSetting(environment, 'MINTMARK_ADMIN_CLIENT_SECRET', cwd)
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    throw badConfiguration('MINTMARK_ADMIN_CLIENT_ID and MINTMARK_ADMIN_CLIENT_SECRET go together: one is missing')
  }
  const adminUrl =
    flags['admin-url'] === undefined ? fromEnvironment(environment) : checkUrl(flags['admin-url'], '--admin-url')
  const caFile = flags['ca-file'] ?? setting(environment, 'MINTMARK_CA_FILE')
  const kept = clientId !== undefined && adminUrl !== undefined ? undefined : readAdministrator(directory)
  const url = adminUrl ?? (kept === undefined ? undefined : checkUrl(kept.adminUrl, 'adminUrl in administrator.json'))
  // The directory may be of whoever made the one we are in: a credential from elsewhere goes to no machine that it names.
  if (clientId !== undefined && kept !== undefined && url !== undefined && !isLoopback(new URL(url))) {
    throw badConfiguration(
      `MINTMARK_ADMIN_CLIENT_SECRET is not sent to ${new URL(url).host}, which only ${directory} names`,
      'set MINTMARK_ADMIN_URL as well',
    )
  }
  const credential = clientId === undefined || clientSecret === undefined ? kept : { clientId, clientSecret }
  if (url === undefined || credential === undefined) {
    throw new CommandFailure(exitCode.badConfiguration, `there is no administrator credential in ${directory}`, {
      hint: 'start a server there ("mintmark dev"), name its --data-dir, or set MINTMARK_ADMIN_URL, MINTMARK_ADMIN_CLIENT_ID and MINTMARK_ADMIN_CLIENT_SECRET',
    })
  }
  return {
    adminUrl: url,
    clientId: credential.clientId,
    clientSecret: credential.clientSecret,
    caFile: caFile ?? kept?.caFile,
  }
}

const fromEnvironment = (environment: Environment): string | undefined => {
  const url = setting(environment, 'MINTMARK_ADMIN_URL')
  return url === undefined ? undefined : checkUrl(url, 'MINTMARK_ADMIN_URL')
}
