import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { holdLock } from '../../../hold-lock.ts'

const run = promisify(execFile)
const moduleFile = resolve(import.meta.dirname, 'helm-program/go.mod')
const [, version = ''] = /helm\/v3 (v\S+)/.exec(readFileSync(moduleFile, 'utf8')) ?? []
const cache = resolve(import.meta.dirname, `../../../../node_modules/.cache/mintmark-helm-${version}`)
const program = join(cache, 'helm')

/** Helm's own command from the Go module proxy. Takes a minute or two of CPU, once. */
export const buildHelm = async (): Promise<string> => {
  if (existsSync(program)) return program
  mkdirSync(cache, { recursive: true })
  const release = await holdLock(join(cache, 'lock'))
  try {
    if (existsSync(program)) return program
    copyFileSync(moduleFile, join(cache, 'go.mod'))
    const built = `helm.${process.pid}`
    const args = ['build', '-mod=mod', '-trimpath', '-ldflags=-s -w', '-o', built, 'helm.sh/helm/v3/cmd/helm']
    await run('go', args, { cwd: cache, env: { ...process.env, CGO_ENABLED: '0' } })
    renameSync(join(cache, built), program)
    return program
  } finally {
    release()
  }
}
