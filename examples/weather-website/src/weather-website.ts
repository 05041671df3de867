import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { authorizedFetch, type Credential, TokenError, tokenSource } from '@mintmark/client'
import { readForecasts, style, troublePage, weatherPage } from './page.ts'

export interface WeatherWebsiteOptions {
  /** Who gives tokens. */
  readonly issuer: string
  readonly clientId: string
  /** The secret, a function that gives the current one, or whatever else the client proves itself with. */
  readonly credential: Credential
  /** Where the weather API is, such as http://127.0.0.1:6751. */
  readonly weatherApi: string
  /** The audience of the weather API, when the client may call several APIs. */
  readonly resource?: string | undefined
  /** Default 6755; 0 takes a free one. */
  readonly port?: number | undefined
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** Told why there was no weather. */
  readonly log?: ((line: string) => void) | undefined
}

export interface WeatherWebsite {
  readonly url: string
  /** Ends when the requests at hand are answered. */
  close(): Promise<void>
}

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
}

/** Starts the example website: its one page shows what the weather API says, which it calls with a token of its own. */
export async function startWeatherWebsite(options: WeatherWebsiteOptions): Promise<WeatherWebsite> {
  const { issuer, clientId, credential, resource, port = 6755, host = '127.0.0.1', log = () => undefined } = options
  const tokens = tokenSource({ issuer, clientId, credential, scope: 'weather:read', resource })
  const callApi = authorizedFetch(tokens)
  const forecastUrl = new URL('/weatherforecast', options.weatherApi)

  const showWeather = async (response: ServerResponse): Promise<void> => {
    try {
      const answer = await callApi(forecastUrl, { redirect: 'error', signal: AbortSignal.timeout(5_000) })
      if (!answer.ok) {
        await answer.body?.cancel()
        return trouble(response, `the weather API answered ${answer.status}`)
      }
      const forecasts = readForecasts(await answer.json())
      if (forecasts === undefined) return trouble(response, 'the weather API answered something else')
      response.writeHead(200, headers).end(weatherPage(forecasts))
    } catch (error) {
      trouble(response, describe(error))
    }
  }
  const trouble = (response: ServerResponse, what: string): void => {
    log(what)
    response.writeHead(502, headers).end(troublePage(what))
  }

  const server = createServer((request, response) => {
    const [path] = (request.url ?? '/').split('?')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return void response.writeHead(405, { Allow: 'GET, HEAD' }).end()
    }
    if (path === '/style.css') return void response.writeHead(200, { 'Content-Type': 'text/css' }).end(style)
    if (path !== '/') return void response.writeHead(404, headers).end(troublePage('this page does not exist'))
    return showWeather(response)
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

/** What may be shown of an error. That of the token source never holds a secret; others might say too much. */
function describe(error: unknown): string {
  if (!(error instanceof TokenError)) return 'the weather API could not be reached'
  const why = error.oauthError === undefined ? error.code : `${error.code}, ${error.oauthError}`
  return `there is no token for it (${why}${error.reference === undefined ? '' : `, reference ${error.reference}`})`
}
