/** What speaking safely with an authorization server takes, shared with the resource server's package. */
export {
  type AuthenticatedRequest,
  type ClientAuthenticator,
  type ClientAuthenticatorOptions,
  clientAuthenticator,
} from './client-authenticator.ts'
export type { ClientAuthentication, Credential } from './credential.ts'
export { discover, endpointFor, type MetadataSource, metadataSource } from './discovery.ts'
export { TokenError, type TokenErrorCode, type TokenErrorOptions } from './errors.ts'
export { type InFlight, type InFlightOptions, inFlight } from './in-flight.ts'
export { isJsonObject, type JsonRequest, type JsonResponse, requestJson, retryAfter } from './request-json.ts'
export { isLoopback, secureUrl } from './secure-url.ts'
export { tell } from './tell.ts'
export { type OptionNames, unknownOption } from './unknown-option.ts'
