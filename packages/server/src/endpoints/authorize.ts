import { OAuthError } from '@mintmark/protocol'
import type { Endpoint, Handler } from './endpoint.ts'

const handler: Handler = () => {
  throw new OAuthError('unsupported_response_type', 'This server serves machines: use the client credentials grant.', {
    check: 'no-authorization-endpoint',
  })
}

/**
 * There is no authorization endpoint: nobody signs in here. Metadata names one because some clients refuse metadata
 * without it, and it answers with a clean error.
 */
export const authorizeEndpoint: Endpoint = {
  name: 'authorize',
  path: '/oauth2/authorize',
  metadata: 'authorization_endpoint',
  oauth: true,
  methods: { GET: handler, POST: handler },
}
