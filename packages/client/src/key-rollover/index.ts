export { type KeptKey, type KeyStorage, keyInMemory, type RollingJwk } from './key-storage.ts'
export { type RollingKey, type RollingKeyOptions, type RolloverEvent, rollingKey } from './rolling-key.ts'
