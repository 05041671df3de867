import { readBasic } from '@mintmark/protocol'
import type { ClientAuthenticationMethod } from './method.ts'
import type { VerifySecret } from './secret.ts'

/** `client_secret_basic`: identifier and secret as HTTP Basic, form-encoded inside (RFC 6749 §2.3.1). */
export const createClientSecretBasic = ({
  verifySecret,
}: {
  readonly verifySecret: VerifySecret
}): ClientAuthenticationMethod => ({
  name: 'client_secret_basic',
  present: ({ headers }) => {
    const credentials = headers.authorization === undefined ? undefined : readBasic(headers.authorization)
    if (credentials === undefined) return undefined
    const { id: clientId, secret } = credentials
    return {
      clientId,
      prove: (client, workspace, admitAgain) => verifySecret(client, secret, { workspace, clientId, admitAgain }),
    }
  },
})
