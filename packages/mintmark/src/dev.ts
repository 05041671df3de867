import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { startWeatherApi, type WeatherApi } from '@mintmark/example-weather-api'
import {
  createLog,
  demoFounding,
  foundWorkspace,
  type LogLevel,
  type RunningServer,
  startServer,
} from '@mintmark/server'
import {
  noArgument,
  readProcessConfig,
  type ServerCommand,
  settingFlagsHelp,
  UsageError,
  untilStopped,
  writePrivateFile,
} from '@mintmark/server/bin'
import { type Demo, demoPage } from './demo-page.ts'
import { gatewayBeside } from './gateway/gateway-beside.ts'

/** The file in the data directory that holds the demo clients' secrets, so that a second start can show them again. */
const demoFile = 'demo.json'

const defaultWeatherPort = 6751

const portOf = (value: string | boolean | undefined): number => {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (!(port <= 65_535)) throw new UsageError('--weather-port must be a port number')
  return port
}

/** The demo workspace, made at the first start. */
const prepareDemo = async (server: RunningServer): Promise<Demo> => {
  const file = join(server.dataDirectory, demoFile)
  const issuer = `${server.publicUrl}/${demoFounding.workspace}`
  await foundWorkspace(demoFounding, server, (clients) => writePrivateFile(file, { issuer, clients }))
  const clients = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Demo).clients : {}
  const demo = { issuer, clients }
  writePrivateFile(file, demo)
  return demo
}

/** With the development certificate, the example API in this process trusts it. */
const trustDevCertificate = (caFile: string | undefined): void => {
  if (caFile === undefined) return
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(caFile, 'utf8')])
}

const startApi = (demo: Demo, port: number): Promise<WeatherApi> =>
  startWeatherApi({
    issuer: demo.issuer,
    audience: 'https://weather.example',
    // Asked every time, so that a revoked token is seen to be dead at once.
    introspection: { clientId: 'weather-api', credential: demo.clients['weather-api'] ?? '', maximumAge: 0 },
    port,
  })

export const dev: ServerCommand = {
  name: 'dev',
  summary: 'Start a server with a demo workspace and an example API, all in one directory',
  help: `Everything is kept in the data directory; a second start goes on where the first ended. Ctrl-C ends it.

Flags:
  --weather-port PORT      Port of the example weather API (default ${defaultWeatherPort}; also MINTMARK_WEATHER_PORT)
${settingFlagsHelp()}

Examples:
  mintmark dev
  mintmark dev --data-dir /tmp/try --public-port 8080 --admin-port 8081 --weather-port 8082`,
  run: async (args, terminal) => {
    const { environment, interactive } = terminal
    const { config, flags, positionals } = readProcessConfig(
      args,
      { MINTMARK_LOG_LEVEL: 'warn', ...environment },
      {
        'weather-port': { type: 'string' },
      },
    )
    noArgument(positionals)
    const weatherPort = portOf(flags['weather-port'] ?? environment.MINTMARK_WEATHER_PORT ?? String(defaultWeatherPort))
    await gatewayBeside.check(config, terminal)
    // People at a terminal get lines they can read; whoever collects the log gets JSON.
    const form = interactive && process.stderr.isTTY ? 'short' : 'json'
    const server = await startServer(config, { log: createLog({ level: config.logLevel as LogLevel, form }) })
    try {
      trustDevCertificate(server.caFile)
      const demo = await prepareDemo(server)
      const api = await startApi(demo, weatherPort)
      const beside = await gatewayBeside.start(server, config, terminal)
      terminal.out(
        demoPage({
          demo,
          adminUrl: server.adminUrl,
          weatherUrl: api.url,
          dataDirectory: server.dataDirectory,
          caFile: server.caFile,
          milliseconds: performance.now(),
          colours: interactive && environment.NO_COLOR === undefined,
        }),
      )
      if (beside !== undefined) terminal.out(`  Gateway       ${beside.url}\n\n`)
      const code = await untilStopped(async () => {
        await beside?.close()
        await api.close()
        return server.close()
      })
      if (interactive) terminal.out('\nStopped. Everything is kept: start again to go on.\n')
      return code
    } catch (error) {
      await server.close()
      throw error
    }
  },
}
