import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutPassword } from './store-options.ts'

test('no spelling of a password in the URL of a store is shown, not even of a URL that is refused', () => {
  for (const [url, shown] of [
    ['postgres://u:pw@h/db', 'postgres://u:***@h/db'],
    ['postgres://u:p@w@h:5432/db', 'postgres://u:***@h:5432/db'],
    ['postgres://u:p/w@h/db', 'postgres://u:***@h/db'],
    ['postgres://u:p/w/@pw@h/db', 'postgres://u:***@h/db'],
    ['postgres://:pw@h/db', 'postgres://:***@h/db'],
    ['POSTGRES://u:pw@h/db', 'POSTGRES://u:***@h/db'],
    ['postgres://u@h/db?password=pw&sslmode=require', 'postgres://u@h/db?password=***&sslmode=require'],
    ['postgres://u@h/db?sslmode=require&PASSWORD=pw', 'postgres://u@h/db?sslmode=require&PASSWORD=***'],
  ] as const) {
    assert.equal(withoutPassword(url), shown)
  }
  for (const url of [
    'postgres://u@h:5432/db?sslmode=verify-full',
    'postgres://h:5432/db',
    'sqlite:folder/a@b.sqlite',
  ]) {
    assert.equal(withoutPassword(url), url)
  }
})
