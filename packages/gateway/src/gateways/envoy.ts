import type { Gateway } from './gateway.ts'

/** Envoy, `ext_authz` over HTTP with `path_prefix: /envoy`: the question has method, path and host of the request itself. */
export const envoy: Gateway = {
  name: 'envoy',
  pathFollows: true,
  told: ({ method, rest, line }) => ({ method, target: rest, host: line('host') }),
}
