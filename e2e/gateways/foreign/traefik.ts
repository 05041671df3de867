import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { holdLock } from '../../hold-lock.ts'
import { type GatewayServer, startGatewayServer } from '../gateway-server.ts'

const run = promisify(execFile)
const version = '3.6.12'
const cache = fileURLToPath(
  new URL(`../../../node_modules/.cache/mintmark-gateways/traefik-${version}`, import.meta.url),
)
const moduleFile = fileURLToPath(new URL('traefik-program/go.mod', import.meta.url))
const program = join(cache, 'traefik')

/** Traefik's own command from the Go module proxy; without the dashboard's pages, which its module does not have. Takes minutes. */
const build = async () => {
  if (existsSync(program)) return
  mkdirSync(cache, { recursive: true })
  // One build at a time: whoever waited finds the program built.
  const release = await holdLock(join(cache, 'lock'))
  try {
    if (!existsSync(program)) await buildNow()
  } finally {
    release()
  }
}

const buildNow = async () => {
  copyFileSync(moduleFile, join(cache, 'go.mod'))
  const built = `traefik.${process.pid}`
  const args = [
    'build',
    '-mod=mod',
    '-trimpath',
    '-ldflags=-s -w',
    '-o',
    built,
    'github.com/traefik/traefik/v3/cmd/traefik',
  ]
  await run('go', args, { cwd: cache, env: { ...process.env, CGO_ENABLED: '0' } })
  renameSync(join(cache, built), program)
}

/** Traefik, built by the machine's Go, with `deploy/traefik/`. */
export const traefik: GatewayServer = {
  name: 'Traefik',
  statusWithoutVerifier: 500,
  http2: false,
  skip: async () => {
    try {
      await build()
      return false
    } catch (error) {
      const reason = `there is no Traefik, and Go builds none: ${(error as Error).message.split('\n', 1)[0]}`
      if (process.env.CI === 'true') throw new Error(reason, { cause: error })
      console.log(`NOT RUN: ${reason}`)
      return reason
    }
  },
  start: (surroundings) =>
    startGatewayServer(surroundings, async ({ directory, place }) => {
      await build()
      const dynamic = join(directory, 'dynamic')
      mkdirSync(dynamic)
      renameSync(place('traefik/dynamic/mintmark.yaml'), join(dynamic, 'mintmark.yaml'))
      const file = place('traefik/traefik.yaml', { '/etc/traefik/dynamic': dynamic })
      // It listens before it has read its routes; until then nothing is found.
      const ready = async (url: string) => (await fetch(url)).status !== 404
      return { program, args: [`--configFile=${file}`], ready }
    }),
}
