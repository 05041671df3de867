import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { demoFounding, foundWorkspace, loadConfig, settings, startServer, unsafeSettings } from '@mintmark/server'
import { parse } from 'yaml'
import { auditOf } from '../../packages/server/test/configure.ts'
import { freePort } from '../../packages/server/test/free-port.ts'
import { rawPost, sendRaw } from '../../packages/server/test/raw-request.ts'
import { debianProgram } from '../debian/debian-program.ts'

const run = promisify(execFile)
const folder = resolve(import.meta.dirname, '../../deploy/compose')

type Service = {
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly secrets?: readonly string[]
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly stop_grace_period?: string
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly ipv4_address?: string }>>
}
const file = parse(readFileSync(join(folder, 'compose.yaml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>
  readonly secrets: Readonly<Record<string, unknown>>
}
const ours = Object.entries(file.services).filter(([name]) => name === 'migrate' || name.startsWith('node-'))

test('the nodes and the migration start with the settings they are given', () => {
  assert.equal(ours.length, 3)
  const names = new Set(Object.values(settings).flatMap(({ environment }) => [environment, `${environment}_FILE`]))
  for (const [service, { environment = {} }] of ours) {
    for (const name of Object.keys(environment)) assert.ok(names.has(name), `${service}: ${name}`)
    // Secrets are files that are not here.
    const given = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.endsWith('_FILE')))
    const { config } = loadConfig({
      file: undefined,
      environment: { ...given, MINTMARK_PUBLIC_HOST: '0.0.0.0' },
      flags: {},
    })
    assert.deepEqual(unsafeSettings(config), [], service)
  }
})

test('they have no rights, a root that is read-only, and the time to drain', () => {
  for (const [service, { read_only, cap_drop, security_opt, stop_grace_period, environment = {} }] of ours) {
    assert.equal(read_only, true, service)
    assert.deepEqual(cap_drop, ['ALL'])
    assert.deepEqual(security_opt, ['no-new-privileges:true'])
    const drain = Number(environment.MINTMARK_DRAIN_DELAY ?? 0) + settings.drainTimeout.default
    assert.ok(Number.parseInt(stop_grace_period ?? '0', 10) * 1000 > drain)
  }
})

test('each node has a data directory of its own, and the first administrator is in that of node-1', () => {
  const volumes = (name: string) => file.services[name]?.volumes
  assert.deepEqual([volumes('node-1'), volumes('node-2')], [['node-1:/data'], ['node-2:/data']])
  assert.equal(volumes('migrate'), undefined)
  assert.deepEqual(file.services['node-2']?.depends_on?.['node-1'], { condition: 'service_healthy' })
})

test('SEC-183: the nodes believe the balancer about who calls, and nobody else', () => {
  const networks = file.services.balancer?.networks ?? {}
  const address = 'inside' in networks ? networks.inside?.ipv4_address : undefined
  assert.ok(address)
  for (const name of ['node-1', 'node-2']) {
    assert.equal(file.services[name]?.environment?.MINTMARK_PROXY_ADDRESSES, address)
  }
})

test('no secret is in the file, and every file it mounts is there', () => {
  for (const { secrets = [], volumes = [] } of Object.values(file.services)) {
    for (const secret of secrets) assert.ok(secret in file.secrets, secret)
    for (const volume of volumes.filter((each) => each.startsWith('.'))) {
      assert.ok(existsSync(join(folder, volume.split(':')[0] ?? '')), volume)
    }
  }
  assert.doesNotMatch(readFileSync(join(folder, 'compose.yaml'), 'utf8'), /PASSWORD: |MASTER_KEY: |:[^/@\s]+@database/)
})

const drainDelay = file.services['node-1']?.environment?.MINTMARK_DRAIN_DELAY

const haproxy = await debianProgram({ packages: ['haproxy'], program: 'usr/sbin/haproxy' })

/** The balancer as it stands, between addresses of this machine. */
const between = (replaced: Readonly<Record<string, string>>): string => {
  let text = readFileSync(join(folder, 'haproxy.cfg'), 'utf8')
  for (const [from, to] of Object.entries(replaced)) {
    assert.ok(text.includes(from), from)
    text = text.replaceAll(from, to)
  }
  return text
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`

test('HAProxy sends nothing to a node that drains, and not one request fails', {
  skip: haproxy.skip,
}, async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-compose-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const nodes = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const proxyAddressHeader = file.services['node-1']?.environment?.MINTMARK_PROXY_ADDRESS_HEADER ?? ''
      const proxy = { proxyAddresses: '127.0.0.1', proxyAddressHeader }
      const ports = { publicPort: '0', adminPort: '0' }
      const flags = { dataDirectory: join(directory, name), ...ports, ...proxy, logLevel: 'silent' }
      const node = await startServer(loadConfig({ file: undefined, environment: {}, flags }).config)
      context.after(() => node.close())
      await foundWorkspace(demoFounding, node)
      return { node, publicPort: new URL(node.publicUrl).port, adminPort: new URL(node.adminUrl).port }
    }),
  )
  const [first, second] = nodes
  assert.ok(first && second)
  const [port, managementPort] = [await freePort(), await freePort()]
  const path = join(directory, 'haproxy.cfg')
  const addresses = {
    'bind :6749': `bind 127.0.0.1:${port}`,
    'bind :6750': `bind 127.0.0.1:${managementPort}`,
    'server node-1 node-1:6749': `server node-1 127.0.0.1:${first.publicPort} port ${first.adminPort}`,
    'server node-2 node-2:6749': `server node-2 127.0.0.1:${second.publicPort} port ${second.adminPort}`,
    'server node-1 node-1:6750': `server node-1 127.0.0.1:${first.adminPort} port ${first.adminPort}`,
    'server node-2 node-2:6750': `server node-2 127.0.0.1:${second.adminPort} port ${second.adminPort}`,
  }
  writeFileSync(path, between(addresses))
  const environment = { ...process.env, ...haproxy.environment }
  const { stdout, stderr } = await run(haproxy.path, ['-c', '-V', '-f', path], { env: environment })
  assert.match(stdout + stderr, /Configuration file is valid/)
  assert.doesNotMatch(stdout + stderr, /WARNING/)

  const balancer = spawn(haproxy.path, ['-f', path], { env: environment, stdio: 'ignore' })
  context.after(() => balancer.kill('SIGKILL'))
  const keys = `${urlOf(port)}/${demoFounding.workspace}/.well-known/jwks.json`
  const status = (url: string): Promise<number> =>
    fetch(url).then(
      (response) => response.status,
      () => 0,
    )
  while ((await status(keys)) !== 200) {
    assert.equal(balancer.exitCode, null)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.equal(await status(`${urlOf(managementPort)}/health/ready`), 200)

  // Whatever a caller says it is, it is the one HAProxy was asked by.
  const lies = ['X-Forwarded-For: 192.0.2.1', 'Content-Type: application/x-www-form-urlencoded']
  for (const [at, workspace] of [
    [port, demoFounding.workspace],
    [managementPort, 'system/admin'],
  ] as const) {
    const asked = rawPost(`/${workspace}/oauth2/token`, lies, 'grant_type=client_credentials')
    assert.equal((await sendRaw(urlOf(at), asked, '127.0.0.9')).status, 401)
  }
  const refusals = await Promise.all(nodes.map(({ node }) => auditOf(node.store, { types: ['token.refused'] })))
  assert.deepEqual(
    refusals.flat().map(({ address }) => address),
    ['127.0.0.9', '127.0.0.9'],
  )

  const found = new Map<number, number>()
  let over = false
  const caller = async (): Promise<void> => {
    while (!over) {
      const answered = await status(keys)
      found.set(answered, (found.get(answered) ?? 0) + 1)
    }
  }
  const callers = Array.from({ length: 4 }, caller)
  await first.node.close({ delay: Number(drainDelay) })
  const before = found.get(200) ?? 0
  while ((found.get(200) ?? 0) < before + 100) await new Promise((resolve) => setImmediate(resolve))
  over = true
  await Promise.all(callers)
  assert.deepEqual([...found.keys()], [200])
})
