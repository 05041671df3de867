import { caddy } from './caddy.ts'
import { envoy } from './foreign/envoy.ts'
import { traefik } from './foreign/traefik.ts'
import type { GatewayServer } from './gateway-server.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'

/** Gateways from Debian, each with its ready configuration: they are there, and start, within a second or two. */
export const gatewayServers: readonly GatewayServer[] = [nginx, caddy, haproxy]

/** Gateways from other languages' registries: on request, since getting one takes from seconds to minutes. */
export const foreignGatewayServers: readonly GatewayServer[] = [envoy, traefik]
