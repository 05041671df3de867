import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import type { PostgresServer } from '../../packages/server/test/postgres/postgres-server.ts'
import type { ClientState, Journal } from './journal.ts'

const workspace = 'default/demo'

type Row = Record<string, string | number>

/** What the store says, read beside the server. */
export type Found = {
  /** What the database says of itself; empty where it is whole. */
  readonly faults: readonly unknown[]
  readonly entities: readonly Row[]
  readonly revisions: readonly Row[]
  readonly revision: string | number | undefined
  readonly changeEvents: readonly (string | number | undefined)[]
  readonly issued: readonly Row[]
  readonly revokedTokens: readonly Row[]
  readonly revokedEvents: readonly Row[]
  readonly compromised: readonly Row[]
}

type Ask = (text: string, ...values: string[]) => Promise<readonly Row[]>

/** @param member how this database takes a member out of JSON */
const read = async (ask: Ask, member: (name: string) => string): Promise<Omit<Found, 'faults'>> => ({
  entities: await ask('SELECT kind, id, parent, body FROM entity WHERE workspace = $1', workspace),
  revisions: await ask('SELECT number, changes FROM revision WHERE workspace = $1 ORDER BY number', workspace),
  revision: (await ask('SELECT revision FROM workspace WHERE key = $1', workspace))[0]?.revision,
  changeEvents: (
    await ask(
      `SELECT ${member('revision')} AS revision FROM audit_event WHERE workspace = $1 AND type = 'configuration.changed' ORDER BY sequence`,
      workspace,
    )
  ).map(({ revision }) => revision),
  issued: await ask(`SELECT ${member('jti')} AS jti FROM audit_event WHERE type = 'token.issued'`),
  revokedTokens: await ask("SELECT value FROM revocation WHERE subject = 'token'"),
  revokedEvents: await ask(
    `SELECT ${member('value')} AS value FROM audit_event WHERE type = 'token.revoked' AND ${member('subject')} = 'token'`,
  ),
  compromised: await ask('SELECT kid FROM signing_key WHERE compromised_at IS NOT NULL'),
})

/** Reads an embedded database. */
export const readSqlite = async (file: string): Promise<Found> => {
  const connection = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
  try {
    const all = (text: string, ...values: string[]) => connection.prepare(text).all(...values) as Row[]
    const integrity = all('PRAGMA integrity_check').map(({ integrity_check }) => integrity_check)
    return {
      faults: [...integrity.filter((answer) => answer !== 'ok'), ...all('PRAGMA foreign_key_check')],
      ...(await read(
        async (text, ...values) => all(text.replaceAll('$1', '?'), ...values),
        (name) => `json_extract(body, '$.${name}')`,
      )),
    }
  } finally {
    connection.close()
  }
}

/** Reads a database of a PostgreSQL, which may still be at what a node that is dead by now asked of it. */
export const readPostgres = async (
  { atOneMoment }: Pick<PostgresServer, 'atOneMoment'>,
  database: string,
): Promise<Found> => ({
  faults: [],
  ...(await atOneMoment(database, (query) =>
    read(
      async (text, ...values) => {
        const { rows } = await query(text, values)
        const number = (value: unknown) => (/^\d{1,15}$/.test(String(value)) ? Number(value) : value)
        return rows.map((row: object) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name, name === 'body' ? value : number(value)]),
          ),
        ) as Row[]
      },
      (name) => `body::jsonb ->> '${name}'`,
    ),
  )),
})

const lost = (expected: Iterable<string>, found: Iterable<string | number | undefined>): string[] => {
  const there = new Set(found)
  return [...expected].filter((one) => !there.has(one))
}

const stateOf = (body: string | undefined): ClientState => {
  if (body === undefined) return 'absent'
  return (JSON.parse(body) as { enabled?: boolean }).enabled === false ? 'disabled' : 'enabled'
}

/** The entities that the history of commits leads to. */
const replay = (revisions: readonly Row[]): string[] => {
  const there = new Set<string>()
  for (const { changes } of revisions) {
    for (const { kind, id, parent, after } of JSON.parse(String(changes)) as {
      readonly kind: string
      readonly id: string
      readonly parent: string
      readonly after?: string
    }[]) {
      if (after !== undefined) there.add(`${kind} ${parent} ${id}`)
      else {
        there.delete(`${kind} ${parent} ${id}`)
        for (const other of there) if (kind === 'client' && other.startsWith(`credential ${id} `)) there.delete(other)
      }
    }
  }
  return [...there].sort()
}

/** Fails unless everything acknowledged is there, and everything else is there whole or not at all. */
export const verify = (found: Found, journal: Journal): void => {
  assert.deepEqual(found.faults, [])

  assert.deepEqual(
    lost(
      journal.tokens,
      found.issued.map(({ jti }) => jti),
    ),
    [],
    'tokens without their audit event',
  )
  // A token whose key is compromised is dead already: its revocation is acknowledged and nothing is stored.
  const compromised = new Set(found.compromised.map(({ kid }) => kid))
  const revoked = [...journal.revoked].filter(([, kid]) => !compromised.has(kid)).map(([jti]) => jti)
  const values = (rows: readonly Row[]) => rows.map(({ value }) => value)
  assert.deepEqual(lost(revoked, values(found.revokedTokens)), [], 'revocations lost')
  assert.deepEqual(lost(revoked, values(found.revokedEvents)), [], 'revocation events lost')
  assert.deepEqual(lost(journal.compromised, compromised), [], 'compromised keys forgotten')

  const clients = new Map(found.entities.filter(({ kind }) => kind === 'client').map(({ id, body }) => [id, body]))
  for (const [id, { acknowledged, asked }] of journal.clients) {
    const state = stateOf(clients.get(id) as string | undefined)
    assert.ok(state === acknowledged || state === asked, `client ${id} is ${state}, acknowledged was ${acknowledged}`)
  }
  const credentials = found.entities
    .filter(({ kind }) => kind === 'credential')
    .map(({ parent, id }) => `${parent}/${id}`)
  const surviving = [...journal.secrets].filter((secret) => clients.has(secret.split('/')[0] ?? ''))
  assert.deepEqual(lost(surviving, credentials), [], 'secrets lost')

  // Whole or not at all: entities, history, revision numbers and audit events tell one story.
  assert.deepEqual(
    found.entities.map(({ kind, parent, id }) => `${kind} ${parent} ${id}`).sort(),
    replay(found.revisions),
  )
  const numbers = found.revisions.map(({ number }) => number)
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => index + 1),
  )
  assert.equal(found.revision, numbers.length)
  assert.deepEqual(found.changeEvents, numbers)
}
