import type { Keyring } from '../keys/keyring.ts'
import { json } from '../lib/message.ts'
import { cacheable } from './cacheable.ts'
import type { Endpoint } from './endpoint.ts'

/** The public signing keys (RFC 7517 §5), of every state in which a token may meet them. */
export const createJwksEndpoint = ({
  keyring,
  maxAge,
}: {
  readonly keyring: Keyring
  /** Seconds a verifier may keep it; keys are announced for longer than that. */
  readonly maxAge: number
}): Endpoint => ({
  name: 'jwks',
  path: '/.well-known/jwks.json',
  metadata: 'jwks_uri',
  oauth: false,
  methods: {
    GET: async (request, { workspace }) =>
      cacheable(request, json(200, { keys: await keyring.published(workspace.key) }), maxAge),
  },
})
