import { type AdminClient, createAdminClient } from '@mintmark/client/admin'
import type { Environment } from '../terminal/terminal.ts'
import { type ConnectionFlags, findConnection } from './connection.ts'
import { trustCertificates } from './trust.ts'

/** A client of the admin API, by what {@link findConnection} finds. Nothing is sent yet. */
export const openAdmin = (flags: ConnectionFlags, environment: Environment, cwd: string): AdminClient => {
  const { adminUrl, clientId, clientSecret, caFile } = findConnection(flags, environment, cwd)
  if (caFile !== undefined && adminUrl.startsWith('https:')) trustCertificates(caFile, cwd)
  // A person waits for the answer: that the server is away is said at once.
  return createAdminClient({ adminUrl, clientId, clientSecret, attempts: 1 })
}
