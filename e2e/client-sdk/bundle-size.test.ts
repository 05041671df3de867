import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Bytes of an entry point with all that it imports, minified and gzipped; for no platform, so that nothing of Node's is in it. */
async function bundled(name: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${name}'`, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    conditions: ['mintmark-source'],
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

test('the client, all of its main entry point, has less than 10 kB and nothing of Node', async (context) => {
  const bytes = await bundled('@mintmark/client')
  context.diagnostic(`${bytes} bytes`)
  assert.ok(bytes > 1_000 && bytes < 10_000, `${bytes} bytes`)
})

test('the shared cache has nothing of Node either', async () => {
  assert.ok((await bundled('@mintmark/client/cache')) < 5_000)
})

test('rolling a key over has nothing of Node either', async () => {
  assert.ok((await bundled('@mintmark/client/key-rollover')) < 8_000)
})
