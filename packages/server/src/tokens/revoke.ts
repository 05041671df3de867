import { setTimeout as delay } from 'node:timers/promises'
import { auditRow } from '../audit/record.ts'
import { longestTokenLifetime, type WorkspaceKey } from '../domain/workspace.ts'
import { type Clock, epochSeconds } from '../lib/clock.ts'
import { credentialValue, type Revocations } from '../registry/revocations.ts'
import type { Revocation, RevocationSubject } from '../store/store.ts'

/** Who revokes, for the audit event. */
export type Revoker = {
  /** `{tenant}/{workspace}/{client}`. */
  readonly actor: string
  readonly address?: string
}

/**
 * The decisions that kill tokens. Each is durable, with its audit event, when it resolves, and in force on this node.
 * Those that speak of tokens issued until now resolve when the present second is over (`iat` has whole seconds), so that
 * a token obtained after the answer lives.
 * Every function throws `StoreUnavailableError` when it could not be stored, and then nothing changed.
 */
export type RevokeTokens = {
  /**
   * One token, by its `jti`.
   * @param claims `exp` (epoch seconds) when the token itself is at hand; without it the revocation is kept as long as a
   * token can live
   */
  readonly token: (
    workspace: WorkspaceKey,
    claims: { readonly jti: string; readonly exp?: number; readonly client_id?: string },
    by: Revoker,
  ) => Promise<void>
  /**
   * Every token a credential obtained at or before a time: epoch seconds, default and at the most now. Removing a
   * credential ends its tokens by itself.
   */
  readonly credential: (
    workspace: WorkspaceKey,
    client: string,
    credential: string,
    by: Revoker,
    issuedUntil?: number,
  ) => Promise<void>
  /** Every token of a client issued at or before a time: epoch seconds, default and at the most now. */
  readonly client: (workspace: WorkspaceKey, client: string, by: Revoker, issuedUntil?: number) => Promise<void>
  /** Every token of the workspace issued at or before a time: epoch seconds, default and at the most now. */
  readonly workspace: (workspace: WorkspaceKey, by: Revoker, issuedUntil?: number) => Promise<void>
  /** Every token a key signed or sealed, whenever that was. */
  readonly key: (workspace: WorkspaceKey, kid: string, by: Revoker) => Promise<void>
}

/** Seconds a revocation is kept after its tokens are dead: a clock that is set back a little revives none of them. */
const forgetAfter = 300

export const createRevokeTokens = ({
  revocations,
  clock,
}: {
  readonly revocations: Revocations
  readonly clock: Clock
}): RevokeTokens => {
  const add = async (
    subject: RevocationSubject,
    { workspace, value, issuedUntil, expires }: Omit<Revocation, 'subject'>,
    { actor, address }: Revoker,
    client: string | undefined,
  ): Promise<void> => {
    const event = {
      type: 'token.revoked',
      workspace,
      actor,
      subject,
      value,
      ...(client === undefined ? {} : { client }),
      ...(address === undefined ? {} : { address }),
    } as const
    await revocations.revoke(
      [{ workspace, subject, value, issuedUntil, expires: expires + forgetAfter }],
      [auditRow(event, clock.now())],
    )
  }

  const untilNextSecond = async (issuedUntil: number): Promise<void> => {
    if (issuedUntil >= epochSeconds(clock)) await delay(1000 - (clock.now() % 1000))
  }

  const bulk = async (
    subject: RevocationSubject,
    workspace: WorkspaceKey,
    value: string,
    by: Revoker,
    client: string | undefined,
    until = Number.POSITIVE_INFINITY,
  ): Promise<void> => {
    const issuedUntil = Math.min(until, epochSeconds(clock))
    await add(subject, { workspace, value, issuedUntil, expires: issuedUntil + longestTokenLifetime }, by, client)
    await untilNextSecond(issuedUntil)
  }

  return {
    token: (workspace, { jti, exp, client_id }, by) => {
      const now = epochSeconds(clock)
      const expires = exp ?? now + longestTokenLifetime
      return add('token', { workspace, value: jti, issuedUntil: now, expires }, by, client_id)
    },
    credential: (workspace, client, credential, by, issuedUntil) =>
      bulk('credential', workspace, credentialValue(client, credential), by, client, issuedUntil),
    client: (workspace, client, by, issuedUntil) => bulk('client', workspace, client, by, client, issuedUntil),
    workspace: (workspace, by, issuedUntil) => bulk('workspace', workspace, '', by, undefined, issuedUntil),
    key: (workspace, kid, by) => {
      const now = epochSeconds(clock)
      return add('key', { workspace, value: kid, issuedUntil: now, expires: now + longestTokenLifetime }, by, undefined)
    },
  }
}
