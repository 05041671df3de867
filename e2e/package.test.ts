import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '..')

/** What `mintmark` consists of when it comes from the registry. */
const packages = [
  'packages/protocol',
  'packages/client',
  'packages/resource-server',
  'packages/gateway',
  'packages/server',
  'packages/cli',
  'packages/mintmark',
  'examples/weather-api',
]

test('the packages, packed and installed elsewhere, start a server that issues tokens', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-package-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const { NODE_OPTIONS: _sources, ...environment } = process.env
  await run(join(root, 'node_modules/.bin/tsc'), ['-b'], { cwd: root })
  await run('npm', ['pack', '--silent', '--pack-destination', directory, ...packages.map((path) => `./${path}`)], {
    cwd: root,
  })
  const application = join(directory, 'application')
  mkdirSync(application)
  writeFileSync(join(application, 'package.json'), '{"private":true}')
  const archives = readdirSync(directory).flatMap((name) => (name.endsWith('.tgz') ? [join(directory, name)] : []))
  assert.equal(archives.length, packages.length)
  await run('npm', ['install', '--silent', '--prefer-offline', '--no-audit', '--no-fund', ...archives], {
    cwd: application,
  })

  const ports = ['--public-port', '0', '--admin-port', '0', '--weather-port', '0']
  const data = join(directory, 'data')
  const server = spawn(process.execPath, ['node_modules/.bin/mintmark', 'dev', '--data-dir', data, ...ports], {
    cwd: application,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  context.after(() => server.kill('SIGKILL'))
  let page = ''
  for await (const text of server.stdout.setEncoding('utf8')) {
    page += text
    if (page.includes('Ctrl-C')) break
  }
  const [, issuer = ''] = /ISSUER=(\S+)/.exec(page) ?? []
  const [, secret = ''] = /SECRET=(\S+)/.exec(page) ?? []
  const response = await fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`weather-website:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  assert.equal(response.status, 200)
  const ended = once(server, 'exit')
  server.kill('SIGINT')
  assert.deepEqual(await ended, [0, null])
})
