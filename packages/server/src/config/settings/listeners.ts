import { integer, type Setting, text } from '../setting.ts'

/** Where the listeners are, and by which URL they are reached. */
export const listenerSettings = {
  url: text({
    path: 'url',
    environment: 'MINTMARK_URL',
    flag: '--url',
    default: '',
    defaultText: 'http://localhost:{public.port}, or https with TLS',
    sentence: 'Base URL under which clients reach the public listener; issuers begin with it.',
  }),
  adminUrl: text({
    path: 'admin.url',
    environment: 'MINTMARK_ADMIN_URL',
    flag: '--admin-url',
    default: '',
    defaultText: 'http://localhost:{admin.port}, or https with TLS',
    sentence: 'Base URL under which administrators reach the management listener.',
  }),
  publicHost: text({
    path: 'public.host',
    environment: 'MINTMARK_PUBLIC_HOST',
    flag: '--public-host',
    default: '127.0.0.1',
    sentence: 'Address the public listener binds to.',
  }),
  publicPort: integer({
    path: 'public.port',
    environment: 'MINTMARK_PUBLIC_PORT',
    flag: '--public-port',
    default: 6749,
    minimum: 0,
    maximum: 65_535,
    unit: 'port',
    sentence: 'Port of the public listener; 0 takes a free one.',
  }),
  adminHost: text({
    path: 'admin.host',
    environment: 'MINTMARK_ADMIN_HOST',
    flag: '--admin-host',
    default: '127.0.0.1',
    sentence: 'Address the management listener binds to.',
  }),
  adminPort: integer({
    path: 'admin.port',
    environment: 'MINTMARK_ADMIN_PORT',
    flag: '--admin-port',
    default: 6750,
    minimum: 0,
    maximum: 65_535,
    unit: 'port',
    sentence: 'Port of the management listener; 0 takes a free one.',
  }),
} as const satisfies Readonly<Record<string, Setting>>
