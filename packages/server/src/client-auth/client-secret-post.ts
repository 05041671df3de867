import type { ClientAuthenticationMethod } from './method.ts'
import type { VerifySecret } from './secret.ts'

/** `client_secret_post`: identifier and secret in the body (RFC 6749 §2.3.1). */
export const createClientSecretPost = ({
  verifySecret,
}: {
  readonly verifySecret: VerifySecret
}): ClientAuthenticationMethod => ({
  name: 'client_secret_post',
  present: (_request, form) => {
    const clientId = form.get('client_id')
    const secret = form.get('client_secret')
    if (clientId === undefined || secret === undefined) return undefined
    return { clientId, prove: (client) => verifySecret(client, secret) }
  },
})
