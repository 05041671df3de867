import type { Keyring, PublishedKey } from '../keys/keyring.ts'
import { json } from '../lib/message.ts'
import type { WorkspaceView } from '../registry/registry.ts'
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
}): Endpoint => {
  /**
   * An API's first key is made when its key set is first asked for, if no token needed it before: a verifier that starts
   * early would keep an empty set for its whole time.
   */
  const publish = async ({ workspace, apis }: WorkspaceView): Promise<readonly PublishedKey[]> => {
    const published = await keyring.published(workspace.key)
    const needed = apis.filter(({ enabled, tokenFormat }) => enabled && tokenFormat === 'jwt')
    const missing = new Set(needed.map(({ algorithm }) => algorithm))
    for (const { alg } of published) missing.delete(alg)
    if (missing.size === 0) return published
    const making = [...missing].map(async (algorithm) => keyring.signer(workspace.key, algorithm))
    // A key that cannot be made now signs nothing: the others are published all the same.
    await Promise.allSettled(making)
    return keyring.published(workspace.key)
  }
  return {
    name: 'jwks',
    path: '/.well-known/jwks.json',
    metadata: 'jwks_uri',
    oauth: false,
    methods: {
      GET: async (request, view) => cacheable(request, json(200, { keys: await publish(view) }), maxAge),
    },
  }
}
