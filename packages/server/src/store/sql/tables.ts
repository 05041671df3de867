import type { Generated, Kysely, Transaction } from 'kysely'

/** The tables of both databases; the migrations of each say the same in its own dialect. */
export type Tables = {
  tenant: { id: string; display_name: string; created: number }
  workspace: { key: string; revision: number }
  entity: { workspace: string; kind: string; id: string; parent: string; revision: number; body: string }
  claim: { name: string; workspace: string; kind: string; parent: string; id: string }
  revision: { workspace: string; number: number; time: number; actor: string; note: string; changes: string }
  draft: {
    workspace: string
    id: string
    base: number
    created: number
    actor: string
    note: string
    version: number
    operations: string
  }
  signing_key: {
    kid: string
    workspace: string
    use: string
    algorithm: string
    created: number
    active_from: number
    retired_from: number | null
    gone_from: number | null
    compromised_at: number | null
    public_jwk: string
    sealed_private_key: string
  }
  revocation: { workspace: string; subject: string; value: string; issued_until: number; expires: number }
  audit_event: {
    sequence: Generated<number>
    time: number
    type: string
    workspace: string
    client: string
    reference: string | null
    body: string
  }
  ending: {
    workspace: string
    kind: string
    parent: string
    id: string
    part: string
    ends: number
    announced: number
  }
  webhook_progress: {
    workspace: string
    webhook: string
    position: number
    state: string
    failing_since: number | null
    last_success: number | null
    last_attempt: number | null
    last_outcome: string | null
  }
  webhook_message: {
    workspace: string
    webhook: string
    sequence: number
    time: number
    type: string
    body: string
    attempts: number
    due: number | null
    last_outcome: string
  }
  credential_use: { workspace: string; client: string; credential: string; time: number; address: string }
  credential_caller: {
    workspace: string
    credential: string
    caller: string
    client: string
    address: string
    agent: string
    instance: string
    time: number
  }
  idempotency: { key: string; request: string; response: string; expires: number }
  used_value: { digest: string; expires: number }
  setting: { name: string; value: string }
}

/** A connection to read with. */
export type Database = Kysely<Tables>

/** A transaction to write with. */
export type Write = Transaction<Tables>

/** A number of a row; PostgreSQL gives large ones as text. */
export const optionalNumber = (value: number | null): number | undefined => (value === null ? undefined : Number(value))
