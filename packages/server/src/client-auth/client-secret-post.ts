import { OAuthError } from '@mintmark/protocol'
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
    if (secret === undefined) return undefined
    // Beside Basic it would be a second proof (RFC 6749 §2.3), and alone it says nobody's.
    if (clientId === undefined) {
      throw new OAuthError('invalid_request', 'The client_secret parameter comes without a client_id.', {
        check: 'client-id-present',
      })
    }
    return {
      clientId,
      prove: (client, workspace, admitAgain) => verifySecret(client, secret, { workspace, clientId, admitAgain }),
    }
  },
})
