import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEngineVersion } from './engine-version.ts'

test('SEC-282: an SQLite without the fix of the write-ahead log is refused', () => {
  for (const version of ['3.51.3', '3.51.10', '3.52.1', '3.53.0', '3.53.4', '4.0.0']) checkEngineVersion(version)
  for (const version of ['3.51.2', '3.52.0', '3.46.1', '2.8.17', '', 'unknown']) {
    assert.throws(() => checkEngineVersion(version), { name: 'StoreOpenError', message: /3\.51\.3 or newer/ }, version)
  }
})

test('SEC-282: the SQLite of this Node is a good one', () => {
  checkEngineVersion(process.versions.sqlite ?? '')
})
