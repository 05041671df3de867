import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { writeBasic } from '@mintmark/protocol'
import { demoFounding, foundWorkspace, loadConfig, settings, startServer } from '@mintmark/server'
import { freePort } from '../../packages/server/test/free-port.ts'
import { sharedPostgres } from '../../packages/server/test/postgres/postgres-server.ts'
import { migratedDatabase } from '../../packages/server/test/postgres/test-store.ts'
import { debianProgram } from '../debian/debian-program.ts'
import { type Program, startProgram } from '../process/server-process.ts'

const run = promisify(execFile)
const folder = resolve(import.meta.dirname, '../../deploy/systemd')
const dropIn = 'mintmark@.service.d/instance.conf'
const instance = readFileSync(join(folder, dropIn), 'utf8')
const balancing = readFileSync(join(folder, 'haproxy.cfg'), 'utf8')

/** What the drop-in says of one instance, as systemd would fill it in. */
const environmentOf = (number: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...instance.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll('%i', String(number)),
    ]),
  )

const analyze = await debianProgram({ packages: ['systemd', 'libsystemd-shared'], program: 'usr/bin/systemd-analyze' })

describe('systemd about several processes', { skip: analyze.skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-systemd-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const unit = readFileSync(join(folder, 'mintmark.service'), 'utf8')
  const file = join(directory, 'mintmark@.service')
  // The programs of the unit need not be on this machine.
  writeFileSync(file, unit.replaceAll('/usr/bin/node', '/bin/true').replaceAll('file:///opt/mintmark', 'file:///'))
  cpSync(join(folder, dropIn), join(directory, dropIn))
  const ask = (...args: readonly string[]) =>
    run(analyze.path, args, { env: { ...process.env, ...analyze.environment } })

  test('it understands every line of the copy and of what is put beside it', async () => {
    const { stdout, stderr } = await ask('verify', '--man=no', file)
    assert.equal(stdout + stderr, '')
  })

  test('a line that it does not understand beside the copy would be told', async (context) => {
    context.after(() => cpSync(join(folder, dropIn), join(directory, dropIn)))
    writeFileSync(join(directory, dropIn), `${instance}StateDirectories=mintmark\n`)
    const { stdout, stderr } = await ask('verify', '--man=no', file)
    assert.match(stdout + stderr, /StateDirectories/)
  })
})

test('each process has ports and directories of its own, and the balancer asks where they are', () => {
  const names = new Set<string>(Object.values(settings).map(({ environment }) => environment))
  const [first, second] = [environmentOf(1), environmentOf(2)]
  for (const name of Object.keys(first).filter((each) => each.startsWith('MINTMARK_'))) {
    assert.ok(names.has(name), name)
    if (name.endsWith('_PORT') || name.endsWith('_DIR')) assert.notEqual(first[name], second[name], name)
    else assert.equal(first[name], second[name], name)
  }
  for (const [number, { MINTMARK_PUBLIC_PORT, MINTMARK_ADMIN_PORT }] of [first, second].entries()) {
    const line = `server mintmark-${number + 1} 127.0.0.1:${MINTMARK_PUBLIC_PORT} port ${MINTMARK_ADMIN_PORT}`
    assert.ok(balancing.includes(line), line)
  }
})

const haproxy = await debianProgram({ packages: ['haproxy'], program: 'usr/sbin/haproxy' })

test('a killed process costs what it was answering, and restarting one after the other costs nothing', {
  skip: haproxy.skip,
}, async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-instances-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const database = await (await sharedPostgres()).createDatabase(await migratedDatabase())
  const masterKey = randomBytes(32).toString('hex')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const flags = { dataDirectory: join(directory, 'founding'), store: database.url, masterKey, url }
  const founder = await startServer(
    loadConfig({
      file: undefined,
      environment: {},
      flags: { ...flags, publicPort: '0', adminPort: '0', logLevel: 'silent' },
    }).config,
  )
  const secrets = await foundWorkspace(demoFounding, founder)
  await founder.close()
  const client = Object.keys(secrets ?? {}).find((id) =>
    demoFounding.clients[id]?.capabilities?.includes('client_credentials'),
  )
  assert.ok(client)

  const places = await Promise.all(
    [1, 2].map(async () => ({ publicPort: await freePort(), adminPort: await freePort() })),
  )
  /** `200`, or what came instead, for whoever reads why the test failed. */
  const outcomeOf = (address: string, init?: RequestInit): Promise<string> =>
    fetch(address, init).then(
      async (response) => {
        const text = await response.text()
        return response.status === 200 ? '200' : `${response.status} ${text}`
      },
      ({ cause }: Error) => `no answer: ${(cause as { code?: string } | undefined)?.code}`,
    )
  const untilFound = async (address: string, program: Program | undefined): Promise<void> => {
    let over = false
    program?.exited.then(() => {
      over = true
    })
    while ((await outcomeOf(address)) !== '200') {
      assert.ok(!over, program?.output() ?? '')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const start = async (index: number): Promise<Program> => {
    const place = places[index]
    assert.ok(place)
    const program = startProgram(context, ['serve'], {
      ...environmentOf(index + 1),
      MINTMARK_DATA_DIR: join(directory, `mintmark-${index + 1}`),
      NODE_COMPILE_CACHE: join(directory, `cache-${index + 1}`),
      MINTMARK_PUBLIC_PORT: String(place.publicPort),
      MINTMARK_ADMIN_PORT: String(place.adminPort),
      MINTMARK_STORE: database.url,
      MINTMARK_MASTER_KEY: masterKey,
      MINTMARK_URL: url,
    })
    await untilFound(`http://127.0.0.1:${place.adminPort}/health/ready`, program)
    return program
  }
  const programs = await Promise.all([start(0), start(1)])

  let text = balancing.replace('bind 127.0.0.1:8080', `bind 127.0.0.1:${port}`)
  for (const [index, { publicPort, adminPort }] of places.entries()) {
    text = text.replace(`127.0.0.1:675${index + 1} port 676${index + 1}`, `127.0.0.1:${publicPort} port ${adminPort}`)
  }
  const path = join(directory, 'haproxy.cfg')
  writeFileSync(path, text)
  const environment = { ...process.env, ...haproxy.environment }
  const { stdout, stderr } = await run(haproxy.path, ['-c', '-V', '-f', path], { env: environment })
  assert.match(stdout + stderr, /Configuration file is valid/)
  assert.doesNotMatch(stdout + stderr, /WARNING/)
  const balancer = spawn(haproxy.path, ['-f', path], { env: environment, stdio: 'ignore' })
  context.after(() => balancer.kill('SIGKILL'))
  await untilFound(`${url}/${demoFounding.workspace}/.well-known/jwks.json`, undefined)

  let granted = 0
  const failures: string[] = []
  let over = false
  const caller = async (): Promise<void> => {
    while (!over) {
      const outcome = await outcomeOf(`${url}/${demoFounding.workspace}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: writeBasic(client, secrets?.[client] ?? '') },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      if (outcome === '200') granted += 1
      else failures.push(outcome)
    }
  }
  const someMore = async (): Promise<void> => {
    const wanted = granted + 100
    while (granted < wanted) {
      assert.ok(failures.length < 50, failures.join('\n'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const callers = Array.from({ length: 4 }, caller)
  context.after(() => {
    over = true
  })
  await someMore()
  programs[0].signal('SIGKILL')
  await programs[0].exited
  await someMore()
  assert.ok(failures.length <= callers.length, failures.join('\n'))
  // As systemd does.
  programs[0] = await start(0)
  await someMore()

  failures.length = 0
  for (const index of [0, 1] as const) {
    programs[index].signal('SIGTERM')
    assert.deepEqual(await programs[index].exited, { code: 0, signal: null })
    programs[index] = await start(index)
  }
  await someMore()
  over = true
  await Promise.all(callers)
  assert.deepEqual(failures, [])
})
