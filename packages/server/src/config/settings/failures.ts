import { integer, type Setting } from '../setting.ts'

/** How often authentication may fail. */
export const failureSettings = {
  failureLimit: integer({
    path: 'limits.failures',
    environment: 'MINTMARK_LIMIT_FAILURES',
    default: 30,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'attempts',
    sentence: 'How often authentication of one client from one address may fail before further attempts get 429.',
  }),
  failedClientLimit: integer({
    path: 'limits.failedClients',
    environment: 'MINTMARK_LIMIT_FAILED_CLIENTS',
    default: 100,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'clients',
    sentence:
      'Of how many clients authentication from one address may fail before clients that never proved themselves from there get 429.',
  }),
  failureTime: integer({
    path: 'limits.failureTime',
    environment: 'MINTMARK_LIMIT_FAILURE_TIME',
    default: 150,
    minimum: 1,
    maximum: 86_400,
    unit: 's',
    sentence: 'Time in which a spent limit of failures is whole again; it comes back little by little.',
  }),
} as const satisfies Readonly<Record<string, Setting>>
