import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type IntrospectionCredentials, protect } from '@mintmark/resource-server'
import { type ProtectedListener, requireToken } from '@mintmark/resource-server/node-http'
import { type Forecast, fiveDays, readForecast } from './forecast.ts'

export interface WeatherApiOptions {
  /** Whose tokens are good here. */
  readonly issuer: string
  /** What this API is called in them. */
  readonly audience: string
  /** Default 6751; 0 takes a free one. */
  readonly port?: number | undefined
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** With these, tokens of any format are accepted, and revoked ones are noticed; without, JWTs only. */
  readonly introspection?: IntrospectionCredentials | undefined
  /** Told why a request was refused. */
  readonly log?: ((line: string) => void) | undefined
}

export interface WeatherApi {
  readonly url: string
  /** Ends when the requests at hand are answered. */
  close(): Promise<void>
}

const maximumBody = 16_384
const maximumReports = 1_000

/**
 * Starts the example API. `GET /weatherforecast` needs the scope `weather:read` and gives five days, `POST` needs
 * `weather:write` and replaces the forecast of one day, in memory.
 */
export async function startWeatherApi(options: WeatherApiOptions): Promise<WeatherApi> {
  const { issuer, audience, introspection, port = 6751, host = '127.0.0.1', log = () => undefined } = options
  const api = protect({
    issuer,
    audience,
    introspection,
    onRefusal: ({ code, check, expected, received }) => {
      log(`refused: ${JSON.stringify({ code, check, expected, received })}`)
    },
  })
  const reports = new Map<string, Forecast>()
  const methods: Readonly<Record<string, ReturnType<typeof requireToken>>> = {
    GET: requireToken(api, ['weather:read'], listForecasts(reports)),
    POST: requireToken(api, ['weather:write'], reportForecast(reports)),
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [path] = (request.url ?? '/').split('?')
    if (path !== '/weatherforecast') return send(response, 404, { error: 'not_found' })
    const listener = Object.hasOwn(methods, request.method ?? '') ? methods[request.method ?? ''] : undefined
    if (listener !== undefined) return await listener(request, response)
    response.setHeader('Allow', Object.keys(methods).join(', '))
    return send(response, 405, { error: 'method_not_allowed' })
  }
  const server = createServer((request, response) => {
    // Such as a caller that went away in the middle of its body.
    answer(request, response).catch((error: Error) => {
      log(`failed: ${error.message}`)
      response.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  const { address, family, port: actualPort } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${actualPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

function listForecasts(reports: ReadonlyMap<string, Forecast>): ProtectedListener {
  return (_request, response) => {
    send(
      response,
      200,
      fiveDays(new Date()).map((forecast) => reports.get(forecast.date) ?? forecast),
    )
  }
}

function reportForecast(reports: Map<string, Forecast>): ProtectedListener {
  return async (request, response, token) => {
    const body = await readBody(request)
    if (body === undefined) {
      response.setHeader('Connection', 'close')
      return send(response, 413, { error: 'body_too_large' })
    }
    const forecast = readForecast(parseJson(body))
    if (forecast === undefined) return send(response, 400, { error: 'invalid_forecast' })
    if (!reports.has(forecast.date) && reports.size >= maximumReports) return send(response, 503, { error: 'full' })
    reports.set(forecast.date, forecast)
    return send(response, 201, { ...forecast, reportedBy: token.clientId })
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > maximumBody) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
