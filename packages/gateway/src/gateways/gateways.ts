import { caddy } from './caddy.ts'
import { envoy } from './envoy.ts'
import type { Gateway } from './gateway.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { traefik } from './traefik.ts'

/** The gateways there are; each asks at the path of its name, so that nobody's headers are taken for another's. */
export const gateways: readonly Gateway[] = [nginx, traefik, caddy, envoy, haproxy]
