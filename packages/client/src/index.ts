export type { AccessToken } from './access-token.ts'
export { type CachedSecretOptions, cachedSecret } from './cached-secret.ts'
export {
  type AuthenticationRequest,
  type ClientAuthentication,
  type ClientCredential,
  type Credential,
  clientSecretBasic,
  clientSecretPost,
  type OneCredential,
  type Secret,
  type SecretFunction,
  secretFromEnvironment,
} from './credential.ts'
export type { DpopKey, ProofRequest } from './dpop-proofs.ts'
export { TokenError, type TokenErrorCode, type TokenErrorOptions } from './errors.ts'
export { type AuthorizedFetchOptions, authorizedFetch } from './fetch.ts'
export {
  type AssertionAlgorithm,
  type PrivateKey,
  type PrivateKeyJwtOptions,
  privateKeyJwt,
} from './private-key-jwt.ts'
export type { TokenCache } from './token-cache.ts'
export type { TokenEvent } from './token-event.ts'
export { type TokenOptions, type TokenSource, type TokenSourceOptions, tokenSource } from './token-source.ts'
