import { Readable } from 'node:stream'
import axios, { AxiosHeaders } from 'axios'
import got, { HTTPError } from 'got'
import * as undici from 'undici'
import * as undici7 from 'undici-7'
import { authorizeAxios } from '../src/adapters/axios.ts'
import { authorizedGot } from '../src/adapters/got.ts'
import { authorizedDispatch } from '../src/adapters/undici.ts'
import { authorizedFetch } from '../src/fetch.ts'
import type { TokenSource } from '../src/token-source.ts'

export interface Call {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Sends the body as a stream. */
  readonly streamed?: boolean
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/** An HTTP client that was given a token source, as its users would do it. */
export interface AuthorizedCaller {
  readonly name: string
  /** Where it follows redirects out of the adapter's sight, the answer of another origin passes for the API's. */
  readonly redirectsUnseen?: boolean
  readonly make: (source: TokenSource, origins: readonly string[]) => (url: string, call?: Call) => Promise<Answer>
}

const bodyOf = ({ body, streamed = false }: Call) =>
  body === undefined ? {} : { body: streamed ? Readable.from([body]) : body }

const dispatching =
  (library: typeof undici, redirectFirst: boolean): AuthorizedCaller['make'] =>
  (source, origins) => {
    const interceptors = [
      authorizedDispatch(source, { origins }),
      library.interceptors.redirect({ maxRedirections: 5 }),
    ]
    const agent = new library.Agent({ keepAliveTimeout: 1, keepAliveMaxTimeout: 1 })
    const dispatcher = agent.compose(redirectFirst ? interceptors.reverse() : interceptors)
    return async (url, call = {}) => {
      const { method = 'GET', headers = {}, signal } = call
      const given = { method, headers, dispatcher, ...bodyOf(call), ...(signal === undefined ? {} : { signal }) }
      const { statusCode, body } = await library.request(url, given)
      return { status: statusCode, body: await body.text() }
    }
  }

const axiosBy =
  (adapter: 'http' | 'fetch'): AuthorizedCaller['make'] =>
  (source, origins) => {
    const instance = authorizeAxios(axios.create({ adapter, validateStatus: null, responseType: 'text' }), source, {
      origins,
    })
    return async (url, call = {}) => {
      const { method = 'GET', headers = {}, signal } = call
      const { body: data } = bodyOf(call)
      const { status, data: body } = await instance.request<string>({
        url,
        method,
        headers: new AxiosHeaders(headers),
        data,
        ...(signal === undefined ? {} : { signal }),
      })
      return { status, body }
    }
  }

export const authorizedCallers: readonly AuthorizedCaller[] = [
  {
    name: 'fetch',
    make: (source, origins) => {
      const call = authorizedFetch(source, { origins })
      return async (url, { streamed = false, body, ...init } = {}) => {
        const given = body === undefined ? {} : { body: streamed ? new Blob([body]).stream() : body, duplex: 'half' }
        const response = await call(url, { ...init, ...given } as RequestInit)
        return { status: response.status, body: await response.text() }
      }
    },
  },
  { name: 'undici 8', make: dispatching(undici, false) },
  { name: 'undici 8, redirects inside', redirectsUnseen: true, make: dispatching(undici, true) },
  { name: 'undici 7', make: dispatching(undici7 as unknown as typeof undici, false) },
  { name: 'axios', make: axiosBy('http') },
  { name: 'axios over fetch', redirectsUnseen: true, make: axiosBy('fetch') },
  {
    name: 'got',
    make: (source, origins) => {
      const instance = got.extend(authorizedGot(source, { origins }), { retry: { limit: 0 } })
      return async (url, call = {}) => {
        const { method = 'GET', headers = {}, signal } = call
        try {
          const given = { method, headers, ...bodyOf(call), ...(signal === undefined ? {} : { signal }) }
          const { statusCode, body } = await instance(url, given)
          return { status: statusCode, body }
        } catch (error) {
          if (!(error instanceof HTTPError)) throw error
          return { status: error.response.statusCode, body: String(error.response.body) }
        }
      }
    },
  },
]
