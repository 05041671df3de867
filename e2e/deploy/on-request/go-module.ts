import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../../node_modules/.cache')

/** A file of a Go module (`example.com/module@v1.2.3`), from the module proxy, which checks what it brings by the checksum database. */
export const fromGoModule = async (module: string, path: string): Promise<string> => {
  mkdirSync(cache, { recursive: true })
  const { stdout } = await run('go', ['mod', 'download', '-json', module], {
    cwd: cache,
    env: { ...process.env, GOFLAGS: '-mod=mod' },
  })
  return readFileSync(join((JSON.parse(stdout) as { readonly Dir: string }).Dir, path), 'utf8')
}
