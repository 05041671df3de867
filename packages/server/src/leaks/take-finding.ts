import { clientSecretPrefix, openFormat } from '@mintmark/protocol'
import { credentialOf } from '../domain/access-token.ts'
import { isLasting, lifeOf } from '../domain/credential-state.ts'
import type { LeakedCredentials, WorkspaceKey } from '../domain/workspace.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/digest.ts'
import { failure, type Log } from '../lib/log.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import type { Registry } from '../registry/registry.ts'
import type { Revoker } from '../tokens/revoke.ts'
import type { FindLeaked, Owned } from './find-leaked.ts'
import type { Leak, RespondToLeak } from './respond.ts'
import type { ScanFinding } from './scan-report.ts'

/**
 * Does with a finding what the workspace it is of says, and tells whether it is ours at all, dead or alive. What is dead
 * already, and what was reported before, changes nothing.
 * @throws StoreUnavailableError
 */
export type TakeFinding = (finding: ScanFinding, by: Revoker) => Promise<boolean>

/** Findings remembered, so that one that is reported again makes no second event. */
const remembered = 10_000

export const createTakeFinding = ({
  findLeaked,
  respondToLeak,
  registry,
  clock,
  log,
}: {
  readonly findLeaked: Pick<FindLeaked, 'bySecret' | 'byToken'>
  readonly respondToLeak: RespondToLeak
  readonly registry: Pick<Registry, 'workspace'>
  readonly clock: Clock
  readonly log: Log
}): TakeFinding => {
  const reported = createBoundedCache<string, true>(remembered)

  const policyOf = async (workspace: WorkspaceKey): Promise<LeakedCredentials> =>
    (await registry.workspace(workspace))?.workspace.leakedCredentials ?? 'revoke'

  const respond = async (leak: Leak, by: Revoker): Promise<void> => {
    const { workspace, client, credential, jti = '' } = leak
    const name = JSON.stringify([workspace, client, credential, jti])
    if (reported.get(name) === true) return
    try {
      await respondToLeak(leak, by)
    } catch (error) {
      if (!(error instanceof ChangeRefused)) throw error
      // Such as the last way in of an administrator: people must know, and decide.
      log.warn('a leaked credential cannot be retired', { workspace, client, ...failure(error) })
      await respondToLeak({ ...leak, response: 'none' }, by)
    }
    reported.set(name, true)
  }

  const takeSecret = async ({ workspace, entity }: Owned, url: string | undefined, by: Revoker): Promise<void> => {
    const { expires, ...body } = JSON.parse(entity.body) as { readonly expires?: number }
    if (!isLasting({ ...lifeOf(body), expires }, clock.now())) return
    const response = (await policyOf(workspace)) === 'revoke' ? 'credential-retired' : 'none'
    await respond({ workspace, client: entity.parent, credential: entity.id, leaked: 'secret', url, response }, by)
  }

  return async ({ token: text, url }, by) => {
    if (text.startsWith(clientSecretPrefix)) {
      if (openFormat(clientSecretPrefix, text) === undefined) return false
      const owned = await findLeaked.bySecret(sha256(text).toString('base64url'))
      for (const one of owned) await takeSecret(one, url, by)
      return owned.length > 0
    }
    const found = await findLeaked.byToken(text)
    if (found === undefined) return false
    const { workspace, claims, state } = found
    if (!state.active) return true
    const { client_id: client, jti, exp } = claims
    const response = (await policyOf(workspace)) === 'revoke' ? 'token-revoked' : 'none'
    await respond({ workspace, client, credential: credentialOf(jti), leaked: 'token', jti, exp, url, response }, by)
    return true
  }
}
