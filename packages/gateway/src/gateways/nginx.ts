import type { Gateway } from './gateway.ts'
import { toldByOriginalHeaders } from './original-headers.ts'

/** nginx, `auth_request`: its subrequest says nothing of the request but what our configuration sets. */
export const nginx: Gateway = { name: 'nginx', pathFollows: false, told: toldByOriginalHeaders }
