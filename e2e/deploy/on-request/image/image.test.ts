import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../../../packages/server/test/free-port.ts'
import { buildRoot, type Image } from './build-root.ts'
import { type Container, runImage } from './run-image.ts'

// The steps of deploy/docker/Dockerfile, done in roots that debootstrap made: npm test -- --only deployment --timeout 600

const repository = resolve(import.meta.dirname, '../../../..')

/** Why it cannot be done on this machine. */
const missing = (): string | false => {
  const reasons = [
    ...(process.getuid?.() === 0 ? [] : ['root']),
    ...['debootstrap', 'unshare', 'nsenter', 'setpriv'].filter((name) => {
      try {
        execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
        return false
      } catch {
        return true
      }
    }),
  ]
  if (reasons.length === 0) return false
  const reason = `it takes ${reasons.join(', ')}`
  if (process.env.CI === 'true') throw new Error(reason)
  console.log(`NOT RUN: ${reason}`)
  return reason
}

describe('the image', { skip: missing() }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-image-'))
  const data = join(directory, 'data')
  let image: Image
  let container: Container

  before(async () => {
    image = await buildRoot(join(repository, 'deploy/docker/Dockerfile'), directory)
    mkdirSync(data, { mode: 0o700 })
    chownSync(data, 1000, 1000)
    const settings = {
      MINTMARK_URL: 'https://tokens.example.com',
      MINTMARK_PUBLIC_PORT: String(await freePort()),
      MINTMARK_ADMIN_PORT: String(await freePort()),
    }
    container = runImage(image, data, settings)
  })
  after(() => {
    container?.process.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })

  const isHealthy = (): Promise<boolean> =>
    container.execute(...image.health).then(
      () => true,
      () => false,
    )

  test('its own health check says when it is ready', async () => {
    for (let tries = 0; !(await isHealthy()); tries += 1) {
      assert.ok(tries < 100 && container.process.exitCode === null, container.output())
      await delay(100)
    }
    assert.match(container.output(), /mintmark is ready/)
  })

  test('the command in it administers it', async () => {
    assert.match(await container.execute('mintmark', 'workspace', 'list'), /system\/admin/)
    assert.equal((await container.execute('node', '--version')).trim(), process.version)
  })

  test('it runs as nobody in particular, with no rights, and can write its data and nothing else', async () => {
    const status = readFileSync(`/proc/${container.pid()}/status`, 'utf8')
    assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m)
    assert.match(status, /^CapEff:\t0+$/m)
    assert.match(status, /^CapBnd:\t0+$/m)
    assert.match(status, /^NoNewPrivs:\t1$/m)
    const write = (path: string): Promise<string> =>
      container.execute('node', '-e', `require('node:fs').writeFileSync('${path}', '')`)
    await write('/data/x')
    for (const path of ['/x', '/app/x', '/app/packages/server/dist/x', '/usr/local/bin/x', '/etc/x']) {
      await assert.rejects(write(path), /EROFS|EACCES/)
    }
  })

  test('nothing is in it that only building takes', () => {
    const inside = (pattern: string): string[] => globSync(pattern, { cwd: image.root })
    assert.deepEqual(inside('app/packages/*/src/**/*.ts'), [])
    assert.deepEqual(inside('app/packages/*/test'), [])
    assert.ok(inside('app/packages/server/src/store/*/migrations/*.sql').length > 0)
    for (const name of ['typescript', '@biomejs', 'esbuild', 'fast-check', 'oidc-provider', 'node']) {
      assert.equal(existsSync(join(image.root, 'app/node_modules', name)), false, name)
    }
    for (const name of ['npm', 'npx', 'corepack'])
      assert.equal(existsSync(join(image.root, 'usr/local/bin', name)), false)
    assert.deepEqual(readdirSync(join(image.root, 'app')).toSorted(), [
      'LICENSE',
      'examples',
      'node_modules',
      'package.json',
      'packages',
    ])
    assert.deepEqual(inside('app/**/{.git,.env*,*.sqlite,master-key,administrator.json}'), [])
  })

  test('without TLS or the URL of a proxy it does not start, and says why', async () => {
    const other = runImage(image, data, {})
    const [code] = await once(other.process, 'exit')
    assert.equal(code, 78)
    assert.match(other.output(), /public\.host is beyond loopback without TLS/)
  })

  test('SIGTERM to its first process drains it, and it ends with 0', async () => {
    const ended = once(container.process, 'exit')
    process.kill(container.pid(), 'SIGTERM')
    const [code] = await ended
    assert.equal(code, 0, container.output())
    assert.match(container.output(), /"message":"stopped"/)
  })
})
