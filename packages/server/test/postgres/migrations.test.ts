import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrations } from '../../src/store/postgres/migrate.ts'

/** What takes from a schema something that nodes of the version before still use, or asks of them what they do not know. */
const contracting: readonly RegExp[] = [
  /\bDROP\s+(?!INDEX\b)/i,
  /\bRENAME\b/i,
  /\bALTER\s+COLUMN\b/i,
  /\bADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?"?\w+"?\s+(?!.*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b/i,
  /\bCREATE\s+UNIQUE\s+INDEX\b/i,
  /\bADD\s+(?:CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE)\b/i,
  /\b(?:REVOKE|TRUNCATE)\b/i,
  /\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:TRIGGER|RULE)\b/i,
]

/** Says in the migration itself since which version nobody uses what it takes away. */
const agreed = /^-- contract: .+$/m

const isExpanding = (sql: string): boolean => {
  const statements = sql.replaceAll(/--.*$/gm, '')
  return agreed.test(sql) || !contracting.some((taken) => taken.test(statements))
}

for (const { name, sql } of migrations()) {
  test(`REL-057: ${name} takes nothing from nodes of the version before, or says why it may`, () => {
    assert.ok(isExpanding(sql()), `${name}: see “Migrations” in CONTRIBUTING.md`)
  })
}

test('what takes something away is told from what adds something', () => {
  for (const sql of [
    'CREATE TABLE t (id TEXT PRIMARY KEY, kind TEXT NOT NULL)',
    'ALTER TABLE entity ADD COLUMN label TEXT',
    "ALTER TABLE entity ADD COLUMN label TEXT NOT NULL DEFAULT ''",
    'CREATE INDEX entity_label ON entity (label)',
    'DROP INDEX entity_label',
    '-- DROP TABLE entity\nSELECT 1',
    '-- contract: nobody reads it since 0.3.0\nALTER TABLE entity DROP COLUMN label',
  ]) {
    assert.equal(isExpanding(sql), true, sql)
  }
  for (const sql of [
    'DROP TABLE entity',
    'ALTER TABLE entity DROP COLUMN body',
    'ALTER TABLE entity RENAME COLUMN body TO content',
    'ALTER TABLE entity ALTER COLUMN body SET NOT NULL',
    'ALTER TABLE entity ADD COLUMN label TEXT NOT NULL',
    'ALTER TABLE entity ADD label TEXT NOT NULL',
    'CREATE UNIQUE INDEX entity_label ON entity (label)',
    'ALTER TABLE entity ADD CONSTRAINT short CHECK (length(id) < 9)',
    'TRUNCATE revocation',
  ]) {
    assert.equal(isExpanding(sql), false, sql)
  }
})
