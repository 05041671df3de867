import type { Gateway } from './gateway.ts'
import { toldByOriginalHeaders } from './original-headers.ts'

/** HAProxy: a Lua action of ours asks, and sets the headers. */
export const haproxy: Gateway = { name: 'haproxy', pathFollows: false, told: toldByOriginalHeaders }
