import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

type Locked = {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}
type Manifest = Readonly<Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>> | undefined>> & {
  readonly allowScripts?: Readonly<Record<string, boolean>>
}

const root = new URL('../', import.meta.url)
const read = <T>(path: string): T => JSON.parse(readFileSync(fileURLToPath(new URL(path, root)), 'utf8')) as T
const { packages } = read<{ packages: Readonly<Record<string, Locked & Manifest>> }>('package-lock.json')
const installed = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
const own = Object.entries(packages).filter(([path]) => !path.includes('node_modules/'))

test('SEC-281: every dependency is locked to one content of the public registry', () => {
  assert.ok(installed.length > 10)
  for (const [path, { resolved, integrity = '' }] of installed) {
    // Without an address it is the registry's; with one it must not be a repository or a file.
    if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//, path)
    assert.match(integrity, /^sha512-/, path)
  }
})

test('SEC-281: no dependency runs a script when it is installed, but those we allow, and those we deny, by name', () => {
  const named = Object.keys(read<Manifest>('package.json').allowScripts ?? {})
  const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true)
  assert.deepEqual(
    scripted.map(([path]) => path.replace(/^.*node_modules\//, '')).filter((name) => !named.includes(name)),
    [],
  )
})

test('SEC-281: every version we ask for is exact', () => {
  for (const [path, { dependencies = {}, devDependencies = {} }] of own) {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.match(version, /^(npm:[\w@/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/, `${path || 'the workspace'}: ${name}`)
    }
  }
})
