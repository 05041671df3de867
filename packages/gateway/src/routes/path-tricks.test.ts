import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { explainRequest } from '../decision/explain.ts'
import { readTable } from '../table/read-table.ts'

/** The worst table for tricks: whatever is no protected path is open. */
const table = readTable(
  JSON.stringify({
    issuers: [{ issuer: 'https://issuer.test' }],
    audience: 'https://api.test',
    routes: [
      { path: '/**', public: true },
      { path: '/admin/**', scopes: ['admin'] },
      { path: '/reports', scopes: ['read'] },
      { path: '/reports/{id}', scopes: ['read'] },
      { path: '/reports/{id}/admin', scopes: ['admin'] },
      { path: '/files/**', scopes: ['read'] },
      { path: '/files/secret', scopes: ['admin'] },
      { path: '/files/v1.2', scopes: ['admin'] },
      { path: '/files/top secret', scopes: ['admin'] },
      { path: '/run.php', scopes: ['admin'] },
    ],
  }),
  'routes.yaml',
)

const levels: Readonly<Record<string, number>> = { public: 0, read: 1, admin: 2 }

/** What a path needs, as an API would say that compares it with its routes: written apart from what it tests. */
const neededBy = (path: string): number => {
  if (/^\/admin(?:\/|$)/.test(path)) return 2
  if (/^\/reports\/[^/]+\/admin$/.test(path)) return 2
  if (['/files/secret', '/files/v1.2', '/files/top secret', '/run.php'].includes(path)) return 2
  if (/^\/files(?:\/|$)/.test(path)) return 1
  return /^\/reports(?:\/[^/]+)?$/.test(path) ? 1 : 0
}

const decoded = (path: string): string =>
  path.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString('utf8'))

/** Everything that servers are known to do to a path before they look for a route. */
const readings: Readonly<Record<string, (path: string) => string>> = {
  'WHATWG URL': (path) => (URL.canParse(`http://api.test${path}`) ? new URL(`http://api.test${path}`).pathname : path),
  'decode once': decoded,
  'decode twice': (path) => decoded(decoded(path)),
  'Latin-1 decode': (path) =>
    path.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16))),
  'merge slashes': (path) => path.replace(/\/{2,}/g, '/'),
  'resolve dots': (path) => posix.normalize(path),
  'lower case': (path) => path.toLowerCase(),
  'upper and lower case': (path) => path.toUpperCase().toLowerCase(),
  backslashes: (path) => path.replaceAll('\\', '/'),
  'strip parameters': (path) => path.replace(/;[^/]*/g, ''),
  'cut at a semicolon': (path) => path.split(';')[0] ?? '',
  'cut at a NUL': (path) => path.split('\0')[0] ?? '',
  'cut at a question mark': (path) => path.split('?')[0] ?? '',
  'cut at a fragment': (path) => path.split('#')[0] ?? '',
  'trailing slash': (path) => path.replace(/(?<=.)\/$/, ''),
  'trailing dots and spaces': (path) => path.replace(/[. ]+(?=\/|$)/g, ''),
  trim: (path) => path.trim(),
  'compatibility form': (path) => path.normalize('NFKC'),
  format: (path) => path.replace(/(?<=[^/])\.[^/]*$/, ''),
  'last format': (path) => path.replace(/(?<=[^/])\.[^/.]*$/, ''),
  stream: (path) => path.replace(/(?<=[^/]):[^/]*$/, ''),
  streams: (path) => path.replace(/(?<=[^/]):[^/]*/g, ''),
  'form decoding': (path) => path.replaceAll('+', ' '),
  'front controller': (path) => path.replace(/^(?:\/index\.php)+(?=\/|$)/, ''),
  'strip controls': (path) => path.replace(/\p{Cc}/gu, ''),
}

const pieces = [
  '/',
  '/',
  '/',
  'admin',
  'ADMIN',
  'Admin',
  'reports',
  'Reports',
  'files',
  'secret',
  'Secret',
  '5',
  'a',
  '..',
  '.',
  '%2e',
  '%2E%2e',
  '%252e',
  '%2f',
  '%2F',
  '%252f',
  '%5c',
  '\\',
  '//',
  ';',
  ';a=b',
  '%3b',
  '%00',
  '\0',
  '%20',
  ' ',
  '.json',
  '.',
  '#',
  '%23',
  '?',
  '%3f',
  '%61dmin',
  'admi%6e',
  '%c0%af',
  '%C0%AE',
  '%ef%bc%8f',
  '%EF%BD%81dmin',
  'ａdmin',
  '%c5%bfecret',
  'ſecret',
  '%e2%84%aa',
  '%09',
  '%0a',
  '~',
  '@',
  ':',
  '*',
  '{id}',
  '%',
  '%u002f',
  'é',
  '%40',
  '%2B',
  '%C4%B1',
  '%ef%bc%8e',
  'top',
  '+',
  'v1',
  '.2',
  '::$DATA',
  'index.php',
]

test('no path that some server reads as a protected one is let in for less', () => {
  const paths = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...pieces) }, fc.string({ maxLength: 3 })), {
    maxLength: 10,
  })
  const ways = fc.array(fc.constantFrom(...Object.keys(readings)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(paths, ways, (parts, names) => {
      const target = `/${parts.join('')}`
      const explanation = explainRequest(table, { method: 'GET', target })
      if (explanation.route === undefined) return
      const { access } = explanation.route
      const needs = access === 'public' ? 'public' : String((access.requirement as readonly string[])[0])
      let path = target.split('?')[0] ?? ''
      assert.ok(neededBy(path) <= (levels[needs] ?? 0), `${target} is let in by ${explanation.route.name}`)
      for (const name of names) {
        path = readings[name]?.(path) ?? path
        assert.ok(
          neededBy(path) <= (levels[needs] ?? 0),
          `${target}, read as ${path} (${name}), is let in by ${explanation.route.name}`,
        )
      }
    }),
    { numRuns: 20_000 },
  )
})

test('tricks by name never reach an open route', () => {
  const tricks = [
    '/ADMIN',
    '/Admin/users',
    '/admin%2fusers',
    '/admin%5cusers',
    '/%61dmin',
    '/x/../admin',
    '/x/%2e%2e/admin',
    '/x/%252e%252e/admin',
    '//admin',
    '/./admin',
    '/admin.',
    '/admin%20',
    '/admin;x',
    '/x;/../admin',
    '/admin%00',
    '/admin%00.png',
    '/%c0%ae%c0%ae/admin',
    '/admin\\users',
    '/reports/5/ADMIN',
    '/files/secret.json',
    '/files/Secret',
    '/files/secret%2f',
    '/EF%BD%81dmin/..',
    '/%EF%BD%81dmin',
    '/files/%C5%BFecret',
    'http://other/admin',
    '/x#/admin',
    '/admin?%00#',
    '/index.php/admin/users',
    '/INDEX.PHP/admin/users',
    '/index.php/index.php/admin',
    '/app.cgi/admin',
    '/run.php/users',
    '/run.php/a/b',
    '/run.php.json',
    '/run.php::$DATA',
    '/admin+/users',
    '/admin:$I30:$INDEX_ALLOCATION/users',
    '/admin::$INDEX_ALLOCATION/users',
  ]
  for (const target of tricks) {
    const { route } = explainRequest(table, { method: 'GET', target })
    assert.notEqual(route?.access, 'public', target)
  }
})

test('tricks by name never reach a wider route of those that need a token', () => {
  const tricks = [
    '/files/v1.2.json',
    '/files/v1.2.tar.gz',
    '/files/v1.2::$DATA',
    '/files/secret::$DATA',
    '/files/secret:$DATA.txt',
    '/files/secret+.json',
    '/files/top+secret',
    '/files/top%2Bsecret',
    '/files/secret/index.html',
    '/files/secret/default.aspx',
    '/index.php/files/secret',
    '/files/index.php/secret.json',
  ]
  for (const target of tricks) {
    const { route } = explainRequest(table, { method: 'GET', target })
    assert.ok(route === undefined || route.pattern.text !== '/files/**', target)
  }
})

test('a plain path goes where it should', () => {
  const route = (target: string) => explainRequest(table, { method: 'GET', target }).route?.name
  assert.equal(route('/'), '* /**')
  assert.equal(route('/admin'), '* /admin/**')
  assert.equal(route('/admin/'), '* /admin/**')
  assert.equal(route('/admin/users/5.json'), '* /admin/**')
  assert.equal(route('/reports/2026.pdf?x=/admin'), '* /reports/{id}')
  assert.equal(route('/reports/x%40y/admin'), '* /reports/{id}/admin')
  assert.equal(route('/files/README.md'), '* /files/**')
  assert.equal(route('/files/secret'), '* /files/secret')
  assert.equal(route('/Administration'), '* /**')
  assert.equal(route('/files/v1.3.json'), '* /files/**')
  assert.equal(route('/files/a+b:c.tar.gz'), '* /files/**')
  assert.equal(route('/index.php/news/5'), '* /**')
  assert.equal(route('/reports/5:cancel'), '* /reports/{id}')
})
