export { adminAudience } from './admin-audience.ts'
export { decodeBase62, encodeBase62 } from './base62.ts'
export { type BasicCredentials, basicChallenge, readBasic, writeBasic } from './basic.ts'
export { type BearerChallenge, bearerChallenge, readBearer } from './bearer.ts'
export { type Challenge, parseChallenges } from './challenge.ts'
export {
  accessTokenPrefix,
  type CredentialPrefix,
  clientSecretPrefix,
  openFormat,
  recognise,
  sealFormat,
} from './credential-format.ts'
export { type DpopAlgorithm, dpopAlgorithms } from './dpop-key.ts'
export { checkDpopTarget, type DpopProof, dpopClockLeeway, dpopProofAge, readDpopProof } from './dpop-proof.ts'
export { invalidDpopProof, useDpopNonce } from './dpop-refusal.ts'
export { type DpopChallenge, dpopChallenge, readDpopAuthorization } from './dpop-scheme.ts'
export { encodeForm, type Form, parseForm } from './form.ts'
export { accepts, isFormUrlencoded } from './media-type.ts'
export type {
  AuthorizationServerMetadata,
  ErrorResponse,
  IntrospectionResponse,
  JsonWebKeyMessage,
  JsonWebKeySet,
  ProtectedResourceMetadata,
  TokenResponse,
} from './messages.ts'
export { OAuthError, type OAuthErrorCode, type OAuthErrorOptions, oauthErrorStatus } from './oauth-error.ts'
export { formatScope, parseScope } from './scope.ts'
