import { toldByForwardedHeaders } from './forwarded-headers.ts'
import type { Gateway } from './gateway.ts'

/** Caddy, `forward_auth`. */
export const caddy: Gateway = { name: 'caddy', pathFollows: false, told: toldByForwardedHeaders }
