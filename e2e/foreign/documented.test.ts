import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { resourceServers } from './resource-servers/resource-servers.ts'
import { startForStrangers } from './stranger-server.ts'
import { methods, strangers } from './strangers.ts'

// What the documentation says of other people's products and libraries, held against what the tests here have shown.

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const moveHere = page('move-here.md')
const standards = page('standards.md')

/** The rows of the table whose header begins so, each with its cells. */
const table = (text: string, header: string): readonly (readonly string[])[] => {
  const lines = text.slice(text.indexOf(`| ${header} |`)).split('\n')
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(2, end).map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )
}

const quoted = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

test('the libraries that spoil characters of ids and secrets are those of the table', () => {
  const documented = table(moveHere, 'library').flatMap(([name, by, characters]) =>
    quoted(by).map((method) => [name, method, quoted(characters).join('')]),
  )
  const known = strangers.flatMap(({ name, breaksOn }) =>
    methods.flatMap((method) => (breaksOn[method] === undefined ? [] : [[name, method, breaksOn[method]]])),
  )
  assert.deepEqual(documented.toSorted(), known.toSorted())
  const [right = ''] = /right with all of them,[^.]+/.exec(moveHere) ?? []
  for (const { name, breaksOn } of strangers) {
    assert.equal(right.includes(name), Object.keys(breaksOn).length === 0, name)
  }
})

test('a workspace answers at every path that another product has', async () => {
  const server = await startForStrangers(undefined, { transport: 'http' })
  await server.admin.createTenant({ id: 'moved' })
  const answers: Readonly<Record<string, { readonly method: string; readonly status: number }>> = {
    token: { method: 'POST', status: 401 },
    introspect: { method: 'POST', status: 401 },
    revoke: { method: 'POST', status: 401 },
    jwks: { method: 'GET', status: 200 },
  }
  let paths = 0
  for (const [product = '', cell] of table(moveHere, 'coming from')) {
    // Several products have the same paths; each belongs to one workspace at a time.
    const [, workspace = ''] = /^(\w+)/.exec(product.toLowerCase().replaceAll(' ', '')) ?? []
    const aliases = quoted(cell)
      .filter((text) => text.includes('='))
      .map((text) => ({ path: text.slice(0, text.indexOf('=')), endpoint: text.slice(text.indexOf('=') + 1) }))
    const { revision } = await server.admin.createWorkspace({ tenant: 'moved', id: workspace, aliases })
    for (const { path, endpoint } of aliases) {
      const { method = '', status } = answers[endpoint] ?? {}
      const body = method === 'POST' ? new URLSearchParams({ grant_type: 'client_credentials', token: 'x' }) : null
      const answer = await fetch(server.publicUrl + path, { method, body })
      assert.equal(answer.status, status, path)
      paths += 1
    }
    await server.admin.updateWorkspace({ tenant: 'moved', workspace }, { aliases: [] }, { ifMatch: revision })
  }
  assert.ok(paths >= 20, `${paths} paths`)
})

test('the table of other software names every library that the tests here use', () => {
  for (const { name } of strangers) assert.ok(standards.includes(name), name)
  for (const { name } of resourceServers) {
    for (const one of name.split(' with ')) assert.ok(standards.includes(one), one)
  }
})
