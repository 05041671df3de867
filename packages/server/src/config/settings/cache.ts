import { integer, type Setting } from '../setting.ts'

/** What is kept in memory, here and by those who verify tokens. */
export const cacheSettings = {
  clientCache: integer({
    path: 'cache.clients',
    environment: 'MINTMARK_CACHE_CLIENTS',
    default: 2_000_000,
    minimum: 10,
    maximum: 10_000_000,
    unit: 'clients',
    sentence:
      'Clients kept in memory: about 0.5 KB each for the first 5,000; beyond, 80 bytes for one with a secret, 0.15 KB with a key for ES256, 0.5 KB with one of RSA.',
  }),
  metadataMaxAge: integer({
    path: 'cache.metadataMaxAge',
    environment: 'MINTMARK_METADATA_MAX_AGE',
    default: 900,
    minimum: 0,
    maximum: 86_400,
    unit: 's',
    sentence: 'How long verifiers may keep metadata and keys; new keys are announced for longer.',
  }),
} as const satisfies Readonly<Record<string, Setting>>
