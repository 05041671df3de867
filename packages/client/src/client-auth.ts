import { writeBasic } from '@mintmark/protocol'

/** What a client adds to a request to prove itself. */
export interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: readonly (readonly [string, string])[]
}

/** One way of client authentication with a secret. */
export type SecretAuthentication = (clientId: string, clientSecret: string) => ClientAuthentication

/** RFC 6749 §2.3.1: HTTP Basic, both sides form-encoded. */
export const clientSecretBasic: SecretAuthentication = (clientId, clientSecret) => ({
  headers: { authorization: writeBasic(clientId, clientSecret) },
  parameters: [],
})

/** RFC 6749 §2.3.1: in the request body. */
export const clientSecretPost: SecretAuthentication = (clientId, clientSecret) => ({
  headers: {},
  parameters: [
    ['client_id', clientId],
    ['client_secret', clientSecret],
  ],
})

/** Every method, by its name in the metadata (RFC 8414 §2, `token_endpoint_auth_methods_supported`). */
export const clientAuthMethods = {
  client_secret_basic: clientSecretBasic,
  client_secret_post: clientSecretPost,
} as const satisfies Record<string, SecretAuthentication>

export type ClientAuthMethod = keyof typeof clientAuthMethods
