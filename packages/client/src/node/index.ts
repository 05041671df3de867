export { type FileTokenCacheOptions, fileTokenCache } from './file-token-cache.ts'
export { secretFromFile } from './secret-from-file.ts'
