import { toldByForwardedHeaders } from './forwarded-headers.ts'
import type { Gateway } from './gateway.ts'

/** Traefik, ForwardAuth without `trustForwardHeader`. */
export const traefik: Gateway = { name: 'traefik', pathFollows: false, told: toldByForwardedHeaders }
