import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkGenerated } from './check-generated.ts'

test('a stale or missing generated file is named with the line that differs, and --write brings it up to date', async () => {
  const root = mkdtempSync(join(tmpdir(), 'mintmark-generated-'))
  try {
    writeFileSync(join(root, 'stale.md'), 'one\ntwo\n')
    writeFileSync(join(root, 'same.md'), 'one\n')
    const files = [
      { path: 'stale.md', generate: () => 'one\n2\n' },
      { path: 'same.md', generate: () => 'one\n' },
      { path: 'docs/new.md', generate: async () => 'new\n' },
    ]
    const found = await checkGenerated(root, files, false)
    assert.deepEqual(found, [
      'stale.md: differs from line 2; run "npm run generate"',
      'docs/new.md: is missing; run "npm run generate"',
    ])
    assert.equal(readFileSync(join(root, 'stale.md'), 'utf8'), 'one\ntwo\n')
    assert.deepEqual(await checkGenerated(root, files, true), ['stale.md: written', 'docs/new.md: written'])
    assert.deepEqual(await checkGenerated(root, files, false), [])
  } finally {
    rmSync(root, { recursive: true })
  }
})
