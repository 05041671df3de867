import type { VectorRequest } from './vector.ts'

/** How one gateway asks the verifier about a request: with which request line, and with which headers of its own. */
export interface GatewayQuestion {
  readonly gateway: string
  readonly ask: (request: VectorRequest) => VectorRequest
}

/** The caller's headers but those that the gateway sets itself, or that belong to the connection. */
const callers = ({ headers }: VectorRequest, own: RegExp) => headers.filter(([name]) => !own.test(name))

/** nginx, by `deploy/nginx`: names with underscores do not get through. */
const nginx: GatewayQuestion['ask'] = (request) => ({
  method: 'GET',
  path: '/nginx',
  headers: [
    ['X-Original-Method', request.method],
    ['X-Original-URI', request.path],
    ['X-Original-Host', 'api.example'],
    ...callers(request, /^(?:x-original-(?:method|uri|host)|content-length)$|_/i),
  ],
})

/** HAProxy, by the Lua action of `deploy/haproxy`. */
const haproxy: GatewayQuestion['ask'] = (request) => ({
  method: 'GET',
  path: '/haproxy',
  headers: [
    ...callers(request, /^(?:x-original-(?:method|uri|host)|content-length|proxy-authorization)$/i),
    ['x-original-method', request.method],
    ['x-original-uri', request.path],
    ['x-original-host', 'api.example'],
  ],
})

const forwarded = (request: VectorRequest): VectorRequest['headers'] => [
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Forwarded-Host', 'api.example'],
  ['X-Forwarded-Method', request.method],
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-Uri', request.path],
]

/** Traefik, ForwardAuth without `trustForwardHeader`. */
const traefik: GatewayQuestion['ask'] = (request) => ({
  method: 'GET',
  path: '/traefik',
  headers: [
    ...callers(request, /^(?:x-forwarded-.*|content-length|connection|te|upgrade)$/i),
    ...forwarded(request),
    ['X-Forwarded-Port', '80'],
    ['X-Forwarded-Server', 'gateway'],
    ['X-Real-Ip', '127.0.0.1'],
  ],
})

/** Caddy, `forward_auth` of `deploy/caddy`, which strips the names the API is told who calls by first. */
const caddy: GatewayQuestion['ask'] = (request) => ({
  method: 'GET',
  path: '/caddy',
  headers: [
    ...callers(request, /^(?:x-forwarded-.*|x[-_]mintmark.*|content-length|connection)$/i),
    ...forwarded(request),
  ],
})

/** Envoy, ext_authz over HTTP with `path_prefix: /envoy`: the question is the request itself, without its body. */
const envoy: GatewayQuestion['ask'] = (request) => ({
  method: request.method,
  // An absolute target is a host and a path to Envoy.
  path: `/envoy${request.path.replace(/^http:\/\/[^/]*/, '')}`,
  headers: [
    ...callers(request, /^(?:x-mintmark.*|content-length|connection|expect)$|_/i),
    ['x-forwarded-proto', 'http'],
    ['x-request-id', '00000000-0000-4000-8000-000000000000'],
  ],
})

export const gatewayQuestions: readonly GatewayQuestion[] = [
  { gateway: 'nginx', ask: nginx },
  { gateway: 'haproxy', ask: haproxy },
  { gateway: 'traefik', ask: traefik },
  { gateway: 'caddy', ask: caddy },
  { gateway: 'envoy', ask: envoy },
]
