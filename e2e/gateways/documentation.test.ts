import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

// That a page shows a file as it is, is what `npm run check` checks.
test('docs/gateways.md shows every ready configuration', () => {
  const files = globSync('deploy/{nginx,caddy,traefik,envoy,haproxy}/**/*', { cwd: root, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  )
  const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/'))
  const page = readFileSync(join(root, 'docs/gateways.md'), 'utf8')
  const shown = [...page.matchAll(/^<!-- file: (\S+) -->$/gm)].map(([, path]) => path)
  assert.deepEqual(shown.toSorted(), paths.toSorted())
})
