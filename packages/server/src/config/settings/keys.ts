import { integer, type Setting } from '../setting.ts'

/** The schedule of signing and sealing keys. */
export const keySettings = {
  keysActive: integer({
    path: 'keys.active',
    environment: 'MINTMARK_KEYS_ACTIVE',
    default: 90,
    minimum: 1,
    maximum: 3650,
    unit: 'days',
    sentence: 'How long a key signs or seals before its successor does.',
  }),
  keysAnnounced: integer({
    path: 'keys.announced',
    environment: 'MINTMARK_KEYS_ANNOUNCED',
    default: 3600,
    minimum: 0,
    maximum: 2_592_000,
    unit: 's',
    sentence:
      'How long a key is published before it signs; always at least a minute longer than verifiers may keep the key set.',
  }),
} as const satisfies Readonly<Record<string, Setting>>
