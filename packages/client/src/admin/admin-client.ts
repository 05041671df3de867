import {
  adminAudience,
  adminPath,
  type InputOf,
  type Operation,
  type OperationName,
  type Operations,
  operations,
  type PathParameter,
  type Problem,
  type QueryOf,
  type ResultOf,
} from '@mintmark/protocol/admin'
import type { AccessToken } from '../access-token.ts'
import { TokenError } from '../errors.ts'
import { isJsonObject, type JsonResponse, requestJson } from '../request-json.ts'
import { secureUrl } from '../secure-url.ts'
import { tokenSource } from '../token-source.ts'
import { AdminError } from './admin-error.ts'

export interface AdminClientOptions {
  /** Base URL of the management listener, such as `http://localhost:6750`. */
  readonly adminUrl: string
  /** A client of the workspace `system/admin`. */
  readonly clientId: string
  /** Its secret, or a function that gives the current one. */
  readonly clientSecret: string | (() => string | Promise<string>)
  /** Scopes of the admin API to ask for. Default: those the client gets by itself. */
  readonly scope?: string | readonly string[] | undefined
  /** Milliseconds for one request; calls that wait for events take that much longer. Default 30 000. */
  readonly timeout?: number | undefined
  /** Attempts for one token when the server is away or busy. Default 3. */
  readonly attempts?: number | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

export interface CallOptions {
  /** The revision the change was made on: refused as `stale` when it is another by now. For a draft its version. */
  readonly ifMatch?: number | undefined
  /** Makes a repeated call answer what the first one did, and act once. Kept for a day. */
  readonly idempotencyKey?: string | undefined
}

type Parameters<O extends Operation> = [PathParameter<O['path']>] extends [never]
  ? []
  : [parameters: Readonly<Record<PathParameter<O['path']>, string>>]

/** An optional member may also be given as undefined. */
type Given<T> = T extends object
  ? { readonly [K in keyof T]: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K] }
  : T

type Sent<O extends Operation> = O extends { readonly input: object }
  ? [input: Given<InputOf<O>>]
  : O extends { readonly query: object }
    ? [query?: Given<QueryOf<O>>]
    : [input?: undefined]

/** A function for each operation: path parameters if it has any, then its input or query, then options. */
export type AdminClient = {
  readonly [Name in OperationName]: (
    ...rest: [...Parameters<Operations[Name]>, ...Sent<Operations[Name]>, options?: CallOptions]
  ) => Promise<ResultOf<Operations[Name]>>
}

/** Bytes of the largest answer that is read: 64 MiB, for the export of a large workspace. */
const maximumBytes = 67_108_864

const hasParameters = (path: string): boolean => path.includes('{')

function pathOf(template: string, parameters: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = parameters[name]
    if (value === undefined || value === '' || /^\.{1,2}$/.test(value)) {
      throw new TypeError(`${name} is missing or cannot be part of a path`)
    }
    return encodeURIComponent(value)
  })
}

function queryOf(query: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value))
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

function assertDone({ status, json }: JsonResponse): void {
  if (status >= 200 && status < 300 && json !== undefined) return
  if (isJsonObject(json) && typeof json.type === 'string' && typeof json.detail === 'string') {
    throw new AdminError({ title: '', ...json, type: json.type, detail: json.detail, status } as Problem)
  }
  throw new TokenError('invalid_response', `The server answered ${status} with something other than JSON of its own`, {
    status,
  })
}

/**
 * The admin API, one typed function for each operation. The token for it is got by client credentials from the
 * workspace `system/admin`, kept, and renewed early. Rejects with `AdminError` when the server refuses a call, and with
 * `TokenError` when there is no token or no answer.
 * @throws TokenError `invalid_configuration` or `insecure_url`, at once
 */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  const base = secureUrl(options.adminUrl, 'The admin URL').href.replace(/\/+$/, '')
  const { fetch = globalThis.fetch, timeout = 30_000 } = options
  const tokens = tokenSource({
    tokenEndpoint: `${base}/system/admin/oauth2/token`,
    clientId: options.clientId,
    credential: options.clientSecret,
    scope: options.scope,
    resource: adminAudience,
    attempts: options.attempts,
    fetch,
  })

  const call = async (operation: Operation, rest: readonly unknown[]): Promise<unknown> => {
    const [parameters, sent, { ifMatch, idempotencyKey }] = (
      hasParameters(operation.path) ? [rest[0] ?? {}, rest[1], rest[2] ?? {}] : [{}, rest[0], rest[1] ?? {}]
    ) as [Readonly<Record<string, string>>, Readonly<Record<string, unknown>> | undefined, CallOptions]
    const path = pathOf(operation.path, parameters)
    const query = operation.query === undefined || sent === undefined ? '' : queryOf(sent)
    const body = operation.input === undefined ? undefined : JSON.stringify(sent ?? {})
    const waits = operation.query !== undefined && typeof sent?.wait === 'number' ? sent.wait * 1000 : 0
    const send = (token: AccessToken): Promise<JsonResponse> =>
      requestJson({
        url: new URL(`${base}${adminPath}${path}${query}`),
        method: operation.method,
        headers: {
          authorization: token.authorization,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body }),
        timeout: timeout + waits,
        maximumBytes,
        fetch,
      })
    const token = await tokens.token()
    const first = await send(token)
    // A token can end before its time: revoked, or of a server whose data was replaced. One more try, with a new one.
    const response = first.status === 401 ? await send(await tokens.renewToken(token)) : first
    assertDone(response)
    return response.json
  }

  const functions = Object.values(operations).map((operation: Operation) => [
    operation.name,
    (...rest: readonly unknown[]) => call(operation, rest),
  ])
  return Object.freeze(Object.fromEntries(functions)) as AdminClient
}
