import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startWeatherApi } from '@mintmark/example-weather-api'
import { demoFounding, foundWorkspace, type RunningServer, startServer } from '@mintmark/server'
import {
  explainFailure,
  readProcessConfig,
  settingFlagsHelp,
  type Terminal,
  untilStopped,
  writePrivateFile,
} from '@mintmark/server/bin'
import { demoPage } from './demo-page.ts'

/** The file in the data directory that holds the demo clients' secrets, so that a second start can show them again. */
const demoFile = 'demo.json'

/** Issuer and secrets of the demo workspace. */
export type Demo = { readonly issuer: string; readonly clients: Readonly<Record<string, string>> }

const defaultWeatherPort = 6751

const help = `mintmark dev: start a server with a demo workspace and an example API, all in one directory

Everything is kept in the data directory; a second start goes on where the first ended. Ctrl-C ends it.

Flags:
  --weather-port PORT      port of the example weather API (default ${defaultWeatherPort}; also MINTMARK_WEATHER_PORT)
${settingFlagsHelp()}

Examples:
  mintmark dev
  mintmark dev --data-dir /tmp/try --public-port 8080
`

const portOf = (value: string | boolean | undefined): number | undefined => {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  return port <= 65_535 ? port : undefined
}

/** The demo workspace, made at the first start. */
const prepareDemo = async (server: RunningServer): Promise<Demo> => {
  const file = join(server.dataDirectory, demoFile)
  const issuer = `${server.publicUrl}/${demoFounding.workspace}`
  const made = await foundWorkspace(demoFounding, server)
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Demo).clients : {}
  const demo = { issuer, clients: made ?? known }
  writePrivateFile(file, demo)
  return demo
}

/**
 * `mintmark dev`: server, demo workspace and example API in one process.
 * @returns the exit code
 */
export const dev = async (args: readonly string[], terminal: Terminal): Promise<number> => {
  const began = performance.now()
  if (args.includes('--help') || args.includes('-h')) {
    terminal.out(help)
    return 0
  }
  let server: RunningServer | undefined
  try {
    const { config, flags } = readProcessConfig(args, terminal.environment, { 'weather-port': { type: 'string' } })
    const weatherPort = portOf(
      flags['weather-port'] ?? terminal.environment.MINTMARK_WEATHER_PORT ?? String(defaultWeatherPort),
    )
    if (weatherPort === undefined) {
      terminal.err('mintmark: --weather-port must be a port number\n')
      return 2
    }
    const started = await startServer(config)
    server = started
    const demo = await prepareDemo(started)
    const api = await startWeatherApi({
      issuer: demo.issuer,
      audience: 'https://weather.example',
      introspection: { clientId: 'weather-api', clientSecret: demo.clients['weather-api'] ?? '' },
      port: weatherPort,
    })
    terminal.out(
      demoPage({
        demo,
        adminUrl: started.adminUrl,
        weatherUrl: api.url,
        dataDirectory: started.dataDirectory,
        milliseconds: performance.now() - began,
        colours: terminal.interactive && terminal.environment.NO_COLOR === undefined,
      }),
    )
    return await untilStopped(async () => {
      await api.close()
      await started.close()
      if (terminal.interactive) terminal.out('\nStopped. Everything is kept; start again to go on.\n')
    })
  } catch (error) {
    await server?.close()
    const { lines, exitCode } = explainFailure(error)
    for (const line of lines) terminal.err(`mintmark: ${line}\n`)
    return exitCode
  }
}
