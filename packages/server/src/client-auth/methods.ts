import { createClientSecretBasic } from './client-secret-basic.ts'
import { createClientSecretPost } from './client-secret-post.ts'
import { createFederated, type FederatedDependencies } from './federated.ts'
import type { ClientAuthenticationMethod } from './method.ts'
import { createPrivateKeyJwt, type PrivateKeyJwtDependencies } from './private-key-jwt.ts'
import type { VerifySecret } from './secret.ts'
import {
  createSelfSignedTlsClientAuth,
  type SelfSignedTlsClientAuthDependencies,
} from './self-signed-tls-client-auth.ts'
import { createSpiffeX509, type SpiffeX509Dependencies } from './spiffe-x509.ts'
import { createTlsClientAuth, type TlsClientAuthDependencies } from './tls-client-auth.ts'

export type MethodDependencies = PrivateKeyJwtDependencies &
  SelfSignedTlsClientAuthDependencies &
  TlsClientAuthDependencies &
  SpiffeX509Dependencies &
  FederatedDependencies & { readonly verifySecret: VerifySecret }

const creators = [
  createClientSecretBasic,
  createClientSecretPost,
  createPrivateKeyJwt,
  createTlsClientAuth,
  createSpiffeX509,
  createSelfSignedTlsClientAuth,
  createFederated,
]

/** The client-authentication methods, one line each above; metadata and administration derive from this list. */
export const createMethods = (deps: MethodDependencies): readonly ClientAuthenticationMethod[] =>
  creators.map((create) => create(deps))
