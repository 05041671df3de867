import { type Setting, text } from './setting.ts'
import { auditSettings } from './settings/audit.ts'
import { cacheSettings } from './settings/cache.ts'
import { failureSettings } from './settings/failures.ts'
import { gatewaySettings } from './settings/gateway.ts'
import { keySettings } from './settings/keys.ts'
import { limitSettings } from './settings/limits.ts'
import { listenerSettings } from './settings/listeners.ts'
import { outboundSettings } from './settings/outbound.ts'
import { storeSettings } from './settings/store.ts'
import { tlsSettings } from './settings/tls.ts'

/**
 * The settings of the process, each once: file, environment, flags, checks, `config print` and the reference page derive from
 * this, in this order. The domain (workspaces, APIs, clients) is configured in the store, never here.
 */
export const settings = {
  ...listenerSettings,
  ...storeSettings,
  ...tlsSettings,
  ...limitSettings,
  ...failureSettings,
  ...cacheSettings,
  ...keySettings,
  ...outboundSettings,
  ...auditSettings,
  ...gatewaySettings,
  logLevel: text({
    path: 'log.level',
    environment: 'MINTMARK_LOG_LEVEL',
    flag: '--log-level',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    sentence: 'Least severe log line that is written.',
  }),
} as const satisfies Readonly<Record<string, Setting>>

export type SettingName = keyof typeof settings

type ValueOf<S extends Setting> = S extends { type: 'integer' }
  ? number
  : S extends { type: 'switch' }
    ? boolean
    : string

/** The settings of a process, checked, defaulted and frozen. */
export type Config = { readonly [N in SettingName]: ValueOf<(typeof settings)[N]> }
