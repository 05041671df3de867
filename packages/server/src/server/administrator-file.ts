import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { writePrivateFile } from '../lib/private-file.ts'
import type { Random } from '../lib/random.ts'
import { firstAdministrator, foundWorkspace, systemFounding } from '../registry/bootstrap.ts'
import type { Store } from '../store/store.ts'

/** Name of the file, in the data directory, that holds the first administrator's credential. */
export const administratorFile = 'administrator.json'

/** Makes the system workspace where there is none, and keeps the first administrator's credential in the file before that. */
export const foundAdministration = async (
  directory: string,
  parts: { readonly store: Store; readonly clock: Clock; readonly random: Random },
): Promise<void> => {
  const file = join(directory, administratorFile)
  let kept = false
  const founded = await foundWorkspace(systemFounding, parts, (made) => {
    writePrivateFile(file, { clientId: firstAdministrator, clientSecret: made[firstAdministrator] })
    kept = true
  })
  // Another node was first: the credential is with it, and ours opens nothing.
  if (founded === undefined && kept) rmSync(file)
}

/** Keeps the address in the first administrator's credential file true, for the CLI on this machine. */
export const addressAdministrator = (
  directory: string,
  address: { readonly adminUrl: string; readonly caFile: string | undefined },
): void => {
  const file = join(directory, administratorFile)
  if (!existsSync(file)) return
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  if (kept.adminUrl !== address.adminUrl || kept.caFile !== address.caFile)
    writePrivateFile(file, { ...kept, ...address })
}
