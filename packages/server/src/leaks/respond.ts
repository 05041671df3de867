import type { AuditEvent, LeakResponse } from '../audit/events.ts'
import type { RecordEvent } from '../audit/record.ts'
import { credentialOf } from '../domain/access-token.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import type { ChangeSets, Outcome } from '../registry/change-set.ts'
import { successorsOf } from '../registry/key-lineage.ts'
import type { WorkingState } from '../registry/state.ts'
import { credentialPlace, type Step } from '../registry/steps.ts'
import type { Revoker, RevokeTokens } from '../tokens/revoke.ts'

/** What leaked, and what is to be done about it. */
export type Leak = {
  readonly workspace: WorkspaceKey
  readonly client: string
  readonly credential: string
  readonly leaked: 'secret' | 'key' | 'token'
  /** Of the token that leaked. */
  readonly jti?: string | undefined
  /** Epoch seconds: when that token ends, where it is known. */
  readonly exp?: number | undefined
  readonly url?: string | undefined
  readonly response: LeakResponse
  /** What takes the place of the credential, in the same change set. */
  readonly replacement?: Step | undefined
}

/** What was committed, and the keys that were frozen since they came after one that leaked. */
export type LeakOutcome = Outcome & { readonly frozen: readonly string[] }

/**
 * Does something about a leak: writes the event `credential.leaked`, retires the credential for good, and revokes tokens. Keys
 * that a leaked key was rolled over to are frozen: who did that nobody knows.
 * Done again it changes nothing more, but for another event and another replacement.
 * @returns what was committed, where something was
 * @throws ChangeRefused when the configuration cannot be so, and then nothing happened, the event included
 * @throws StoreUnavailableError
 */
export type RespondToLeak = (leak: Leak, by: Revoker) => Promise<LeakOutcome | undefined>

/** Retired whatever the clock says, and ended besides: what leaked is not brought back by undoing a rotation. */
const retirement = async ({ client, credential, replacement }: Leak, state: WorkingState): Promise<readonly Step[]> => {
  const place = credentialPlace(client, credential)
  const { after } = await state.read(place)
  const added = replacement === undefined ? [] : [replacement]
  if (after === undefined) return added
  const earliest = (known: unknown): number => Math.min(Number(known ?? state.now), state.now)
  const patch = {
    retired: earliest(after.retired),
    expires: earliest(after.expires),
    leaked: earliest(after.leaked),
  }
  return [{ action: 'update', place, patch }, ...added]
}

export const createRespondToLeak =
  ({
    changeSets,
    revokeTokens,
    record,
  }: {
    readonly changeSets: ChangeSets
    readonly revokeTokens: RevokeTokens
    readonly record: RecordEvent
  }): RespondToLeak =>
  async (leak, by) => {
    const { workspace, client, credential, leaked, jti, exp, url, response } = leak
    let frozen: readonly string[] = []
    const steps = async (state: WorkingState): Promise<readonly Step[]> => {
      // Whoever had the key may have made them.
      const successors = await successorsOf(state, client, credential)
      frozen = successors.filter((key) => key.frozen === undefined).map(({ id }) => id)
      return [
        ...(await retirement(leak, state)),
        ...frozen.map((id): Step => {
          return { action: 'update', place: credentialPlace(client, id), patch: { frozen: state.now } }
        }),
      ]
    }
    const frozenEvents = (): readonly AuditEvent[] =>
      frozen.length === 0
        ? []
        : [
            {
              type: 'client-keys.frozen',
              workspace,
              ...(by.address === undefined ? {} : { address: by.address }),
              client,
              credential,
              frozen,
            },
          ]
    if (response === 'credential-retired') {
      const { faults } = await changeSets.preview(workspace, steps)
      if (faults.length > 0) throw new ChangeRefused(faults)
    }
    await record({
      type: 'credential.leaked',
      workspace,
      actor: by.actor,
      ...(by.address === undefined ? {} : { address: by.address }),
      leaked,
      client,
      credential,
      ...(jti === undefined ? {} : { jti }),
      response,
      ...(url === undefined ? {} : { url }),
    })
    if (response === 'none') return undefined
    if (response === 'token-revoked') {
      if (jti === undefined || credentialOf(jti) !== credential) throw new Error('a token is revoked by its own jti')
      await revokeTokens.token(workspace, { jti, client_id: client, ...(exp === undefined ? {} : { exp }) }, by)
      return undefined
    }
    // First nobody gets new tokens, then those there are die: the other way round one could slip between.
    const outcome = await changeSets.commit({
      workspace,
      steps,
      actor: by.actor,
      address: by.address,
      note: `leaked: credential ${credential} of ${client}`,
      also: frozenEvents,
      urgent: true,
    })
    await revokeTokens.credential(workspace, client, credential, by)
    return { ...outcome, frozen }
  }
