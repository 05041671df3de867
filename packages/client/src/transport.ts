/** What speaking safely with an authorization server takes, shared with the resource server's package. */
export { type ClientAuthMethod, clientAuthMethods } from './client-auth.ts'
export { discover, type MetadataSource, metadataSource } from './discovery.ts'
export { isJsonObject, type JsonRequest, type JsonResponse, requestJson, retryAfter } from './request-json.ts'
export { isLoopback, secureUrl } from './secure-url.ts'
