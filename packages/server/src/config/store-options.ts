import type { Config } from './schema.ts'

const optional = (text: string): string | undefined => (text === '' ? undefined : text)

/** What the settings say to the store besides its URL. */
export const storeOptions = (config: Config) =>
  ({
    postgres: {
      password: optional(config.storePassword),
      listenUrl: optional(config.storeListenUrl),
      caFile: optional(config.storeCaFile),
      insecure: config.storeInsecure,
      connections: config.storeConnections,
      auditRetention: config.auditRetention,
    },
  }) as const

/** A URL of a store for people: without a password, also where a character in it should have been encoded. */
export const withoutPassword = (url: string): string =>
  url.replace(/^([a-z]+:\/\/[^/@:]*):.*@/i, '$1:***@').replace(/([?&]password=)[^&]*/gi, '$1***')
