import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startForStrangers } from '../stranger-server.ts'

// Programs in other languages, with their own libraries from their own registries: `npm test -- --only foreign-languages`.
// What the machine lacks is skipped and said so; nothing here counts as passed that was not run.

const run = promisify(execFile)
const folder = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../../node_modules/.cache/mintmark-foreign-languages', import.meta.url))

const server = await startForStrangers()
const stranger = { ...process.env, ISSUER: server.issuer, SECRET: server.secrets.stranger ?? '' }

/** Whether a command is missing, as a test's reason not to run; says which of the two. */
const missing = async (command: string, version: string): Promise<string | false> => {
  try {
    const { stdout } = await run(command, [version])
    console.log(`foreign-languages: runs ${stdout.trim()}`)
    return false
  } catch {
    console.log(`foreign-languages: NOT RUN, there is no ${command} on this machine`)
    return `there is no ${command} on this machine`
  }
}

const python = { skip: await missing('python3', '--version') }
const go = { skip: await missing('go', 'version') }

const linesOf = (output: string) =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** The pinned packages, installed once for each content of the requirements. */
const pythonPackages = async (): Promise<string> => {
  const requirements = join(folder, 'python/requirements.txt')
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const target = join(cache, `python-${digest}`)
  if (existsSync(target)) return target
  const partial = `${target}.partial`
  rmSync(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  await run('python3', [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--target',
    partial,
    '-r',
    requirements,
  ])
  renameSync(partial, target)
  return target
}

test(
  'Python: Authlib and requests-oauthlib get, introspect and revoke tokens, PyJWT verifies them',
  python,
  async () => {
    const env = { ...stranger, PYTHONPATH: await pythonPackages(), REQUESTS_CA_BUNDLE: server.trusted }
    const { stdout } = await run('python3', [join(folder, 'python/stranger.py')], { env })
    const methods = ['client_secret_basic', 'client_secret_post']
    const ofAuthlib = methods.flatMap((method) => [
      ...['ES256', 'RS256', 'PS256', 'EdDSA'].map((algorithm) => ({
        library: 'authlib',
        method,
        scope: `use:${algorithm}`,
        seconds: 3600,
        verified: 'stranger',
      })),
      { library: 'authlib', method, active: true, revoked: 200, after: { active: false } },
    ])
    const ofOauthlib = methods.map((method) => ({
      library: 'requests-oauthlib',
      method,
      scope: ['use:ES256'],
      verified: 'stranger',
    }))
    assert.deepEqual(linesOf(stdout), [...ofAuthlib, ...ofOauthlib, { library: 'authlib', error: 'invalid_client' }])
  },
)

test('Go: golang.org/x/oauth2 gets tokens, go-oidc discovers the issuer and verifies them', go, async () => {
  const env = { ...stranger, SSL_CERT_FILE: server.trusted }
  const program = join(cache, 'go-stranger')
  await mkdir(cache, { recursive: true })
  await run('go', ['build', '-o', program, '.'], { cwd: join(folder, 'go') })
  const { stdout } = await run(program, [], { env })
  const lines = linesOf(stdout)
  const styles = ['client_secret_basic', 'client_secret_post', 'auto-detected']
  const expected = styles.flatMap((style) =>
    ['use:ES256', 'use:RS256', 'use:PS256', 'use:EdDSA'].map((scope) => ({
      style,
      scope,
      seconds: 3600,
      verified: 'stranger',
    })),
  )
  const inOrder = (list: readonly object[]) => list.map((line) => JSON.stringify(line)).toSorted()
  assert.deepEqual(inOrder(lines.slice(0, -1)), inOrder(expected))
  assert.deepEqual(lines.at(-1), { error: 'invalid_client', status: 401 })
})
