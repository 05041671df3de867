export { type FileTokenCacheOptions, fileTokenCache } from './file-token-cache.ts'
export { keyFile } from './key-file.ts'
export { type ClientCertificate, certificateFromFiles, type MutualTlsOptions, mutualTls } from './mutual-tls.ts'
export { secretFromFile } from './secret-from-file.ts'
