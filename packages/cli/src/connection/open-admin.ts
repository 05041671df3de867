import { TokenError } from '@mintmark/client'
import { type AdminClient, createAdminClient } from '@mintmark/client/admin'
import { exitCode } from '../exit-code.ts'
import { CommandFailure } from '../failure.ts'
import type { Environment } from '../terminal/terminal.ts'
import { type ConnectionFlags, findConnection } from './connection.ts'
import { trustCertificates } from './trust.ts'

/**
 * Does something with a client of the admin API, by what {@link findConnection} finds.
 * @throws CommandFailure denied when the server does not take the administrator for one
 */
export const withAdmin = async <T>(
  flags: ConnectionFlags,
  environment: Environment,
  cwd: string,
  work: (admin: AdminClient) => Promise<T>,
): Promise<T> => {
  const { adminUrl, clientId, clientSecret, caFile } = findConnection(flags, environment, cwd)
  if (caFile !== undefined && adminUrl.startsWith('https:')) trustCertificates(caFile, cwd)
  try {
    // A person waits for the answer: that the server is away is said at once.
    return await work(createAdminClient({ adminUrl, clientId, clientSecret, attempts: 1 }))
  } catch (error) {
    if (!(error instanceof TokenError) || error.code !== 'refused') throw error
    throw new CommandFailure(exitCode.denied, `${adminUrl} does not accept the administrator ${clientId}`, {
      reference: error.reference,
      hint: 'is it the data directory, or the MINTMARK_ADMIN_CLIENT_ID and _SECRET, of this server?',
      cause: error,
    })
  }
}
