export { sharedTokenCache } from './shared-token-cache.ts'
export type { StoredToken, TokenStore } from './token-store.ts'
