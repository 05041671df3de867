import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainRequest } from '../decision/explain.ts'
import { readTable } from './read-table.ts'
import { TableError } from './table-error.ts'

const problems = (text: string): readonly string[] => {
  try {
    readTable(text, 'routes.yaml')
    return []
  } catch (error) {
    assert.ok(error instanceof TableError)
    return error.message.split('\n')
  }
}

const head = `issuers:
  - issuer: https://issuer.test
audience: https://api.test
`

test('a file with a second table in it is refused, for nobody would read that one', () => {
  const route = 'routes: [{ path: /**, public: true }]'
  assert.match(
    problems(`issuers: []\n${route}\n---\nissuers: []\n${route}\n`).join(),
    /^routes\.yaml, line 3: Source contains multiple documents/,
  )
})

test('a table is read as it stands', () => {
  const table = readTable(
    `${head}headerPrefix: X-Team-
overrideHeaders: ignore
routes:
  - path: /reports/{id}
    host: api.example
    methods: [GET, DELETE]
    scopes: { all: [a], any: [b, c] }
    verification: introspection
    swap: jwt
    headers: { X-Version: "2" }
  - path: /health
    public: true
`,
    'routes.yaml',
  )
  assert.equal(table.headerPrefix, 'X-Team-')
  assert.equal(table.overrideHeaders, 'ignore')
  const [first, second] = table.routes
  assert.deepEqual(
    { ...first, methods: [...(first?.methods ?? [])], pattern: first?.pattern.text },
    {
      name: 'GET,DELETE api.example/reports/{id}',
      line: 7,
      host: 'api.example',
      methods: ['GET', 'DELETE', 'HEAD'],
      pattern: '/reports/{id}',
      access: {
        audience: 'https://api.test',
        requirement: { all: ['a'], any: ['b', 'c'] },
        verification: 'introspection',
        swap: true,
      },
      headers: { 'X-Version': '2' },
    },
  )
  assert.equal(second?.access, 'public')
  assert.equal(second?.methods, undefined)
})

test('what is unknown, of the wrong kind or missing is told with its line', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'line 1: the table must be a map with issuers and routes'],
    ['routes: []', 'line 1: the table needs issuers'],
    [`${head}routes: []`, 'line 4: routes must be a list of 1 to 2000 routes'],
    [`${head}rotes: 1\nroutes:\n  - path: /\n    public: true`, 'line 4: rotes is not a setting there is'],
    [
      `${head}routes:\n  - path: /\n    scope: [a]\n    scopes: [a]`,
      'line 6: routes[0].scope is not a setting there is',
    ],
    [
      `${head}routes:\n  - path: /\n    scopes: a`,
      'line 6: routes[0].scopes must be a list of scopes, or a map of all and any with a list each',
    ],
    [
      `${head}routes:\n  - path: /\n    scopes: { one: [a] }`,
      'line 6: routes[0].scopes must be a list of scopes, or a map of all and any with a list each',
    ],
    [`${head}routes:\n  - path: /\n    public: false`, 'line 6: routes[0].public must be true, or left out'],
    [`${head}routes:\n  - path: /\n    public: "true"`, 'line 6: routes[0].public must be true, or left out'],
    [
      `${head}routes:\n  - path: /\n    methods: [get]\n    scopes: []`,
      'line 6: routes[0].methods[0] must be an HTTP method in capitals',
    ],
    [
      `${head}routes:\n  - path: 5\n    scopes: []`,
      'line 5: routes[0].path must be a path pattern such as /reports/{id} or /files/**',
    ],
    [`${head}routes:\n  - scopes: []`, 'line 5: routes[0] needs path'],
    [
      `${head}routes:\n  - path: /\n    host: API.example:8080\n    scopes: []`,
      'line 6: routes[0].host must be a host name in lower case, without a port',
    ],
    [`${head}routes:\n  - path: /\n    path: /a\n    public: true`, 'line 6: Map keys must be unique'],
    [`${head}routes: &a\n  - path: /\n    public: true`, 'line 5: anchors and aliases (& and *) are not allowed'],
    [`${head}routes:\n  - path: !x /\n    public: true`, 'line 5: Unresolved tag: !x'],
    [`${head}routes:\n  - path: "/`, 'line 5: Missing closing "quote'],
    [
      'issuers:\n  - issuer: https://issuer.test\n    introspection: { clientId: a, clientSecret: hunter2 }\nroutes:\n  - path: /\n    public: true',
      'line 3: issuers[0].introspection.clientSecret must be { env: NAME } or { file: PATH }, or a list of two, the newer first: a secret never stands in the table itself',
    ],
  ]
  for (const [text, expected] of cases) {
    const found = problems(text)
    assert.ok(found[0]?.startsWith(`routes.yaml, ${expected}`), `${expected}\n${found.join('\n')}`)
    assert.ok(!found.join('').includes('hunter2'))
  }
})

test('a route is open only when it says so, and says then nothing else', () => {
  const route = (text: string) => problems(`${head}routes:\n  - path: /a\n${text}`)
  assert.deepEqual(route('    methods: [GET]'), [
    'routes.yaml, line 5: the route /a needs scopes ([] when any good token will do), or public: true',
  ])
  assert.deepEqual(route('    public: true\n    scopes: [a]'), [
    'routes.yaml, line 5: the route /a is public, so it has no scopes',
  ])
  assert.deepEqual(route('    scopes: { any: [] }'), [
    'routes.yaml, line 5: the route /a needs any of no scopes, which no token has',
  ])
  assert.deepEqual(route('    scopes: {}'), [
    'routes.yaml, line 5: the route /a has scopes that say neither all nor any',
  ])
  assert.deepEqual(route('    scopes: []'), [])
  assert.deepEqual(problems('issuers: []\nroutes:\n  - path: /a\n    scopes: []'), [
    'routes.yaml, line 3: the route /a needs an audience, of its own or for the whole table',
    'routes.yaml, line 3: the route /a needs tokens, and the table has no issuer',
  ])
  assert.match(route('    scopes: []\n    methods: [TRACE]')[0] ?? '', /has the method TRACE, which is always refused/)
  for (const name of [
    'X-Mintmark-Client-Id',
    'x_mintmark_role',
    'Authorization',
    'Host',
    'Transfer-Encoding',
    'X-Forwarded-For',
    'X-Original-URI',
    'Connection',
  ]) {
    assert.match(route(`    scopes: []\n    headers: { ${name}: a }`)[0] ?? '', /cannot add the header/, name)
  }
})

test('a path that no request can have is refused', () => {
  for (const path of [
    'a',
    '/a/',
    '/a//b',
    '/a/../b',
    '/a/.',
    '/a.',
    '/a;b',
    '/a%2fb',
    '/a%',
    '/a\\\\b',
    '/**/a',
    '/a*',
    '/{a}b',
    '/{a b}',
    '/a?b',
    '/a#b',
  ]) {
    assert.equal(problems(`${head}routes:\n  - path: "${path}"\n    scopes: []`).length, 1, path)
  }
  for (const path of ['/', '/**', '/*', '/a/*/b', '/a/{id}/**', '/ä b', '/a%20b', '/.well-known/x', '/@me']) {
    assert.deepEqual(problems(`${head}routes:\n  - path: "${path}"\n    scopes: []`), [], path)
  }
})

const routes = (...list: readonly string[]): string =>
  `${head}routes:\n${list.map((one) => `  - { ${one}, scopes: [] }\n`).join('')}`

test('routes that contradict each other are refused', () => {
  const refused = (...list: readonly string[]) => problems(routes(...list)).join('\n')
  assert.match(
    refused('path: /a', 'path: /a'),
    /line 6: "\* \/a" is for requests that "\* \/a" of line 5 is for already/,
  )
  assert.match(refused('path: "/a/{x}"', 'path: "/a/*"'), /is for already/)
  assert.match(refused('path: /a, methods: [GET, POST]', 'path: /a, methods: [POST]'), /is for already/)
  assert.match(refused('path: /a, methods: [GET]', 'path: /a, methods: [HEAD]'), /is for already/)
  assert.match(refused('path: "/a/*/c"', 'path: "/a/b/*"'), /neither is more specific/)
  assert.match(
    refused('path: /a, host: x.example', 'path: "/**", host: x.example', 'path: "/*"'),
    /neither is more specific/,
  )
  assert.match(refused('path: /a/**, host: x.example', 'path: /a/b'), /neither is more specific/)
  const crossing = ['path: "/a/*/c", methods: [GET, POST]', 'path: "/a/b/*"'] as const
  assert.equal(refused(...crossing, 'path: /a/b/c'), '')
  assert.equal(refused(...crossing, 'path: /a/b/c, methods: [GET]', 'path: /a/b/c, methods: [POST]'), '')
  assert.match(refused(...crossing, 'path: /a/b/c, methods: [GET]'), /neither is more specific/)
  assert.equal(refused('path: /a/**, host: x.example', 'path: /a/b', 'path: /a/b, host: x.example'), '')
  assert.match(refused('path: /a', 'path: /A'), /differ only in case or encoding/)
  assert.match(refused('path: "/a/{x}"', 'path: /A/b'), /differ only in case or encoding/)
  assert.match(refused('path: /@me', 'path: /%40me'), /differ only in case or encoding/)
  assert.match(
    refused('path: /a', 'path: "/a/*"', 'path: "/a/*/**"', 'path: "/a/**"'),
    /no request reaches "\* \/a\/\*\*"/,
  )
})

test('the most specific route decides, in whatever order they stand', () => {
  const list = [
    'path: "/**"',
    'path: "/a/**"',
    'path: "/a/{id}"',
    'path: /a/b',
    'path: /a/b, methods: [GET]',
    'path: "/a/**", host: x.example',
    'path: "/a/{id}", host: x.example',
    'path: /a/b, host: x.example',
  ]
  const cases: readonly (readonly [string, string, string | undefined, string])[] = [
    ['GET', '/', 'y.example', '* /**'],
    ['GET', '/a', 'y.example', '* /a/**'],
    ['GET', '/a/c', 'y.example:8080', '* /a/{id}'],
    ['GET', '/a/b', 'y.example', 'GET /a/b'],
    ['HEAD', '/a/b', 'y.example', 'GET /a/b'],
    ['POST', '/a/b', 'y.example', '* /a/b'],
    ['GET', '/a/b/c', 'y.example', '* /a/**'],
    ['GET', '/a/b', 'X.example', '* x.example/a/b'],
    ['GET', '/a/c', 'x.example', '* x.example/a/{id}'],
    ['GET', '/b', 'x.example', '* /**'],
  ]
  // With a host the route for GET alone would cross the host's own: those tables differ.
  for (const order of [list, list.toReversed()]) {
    const hostless = order.filter((one) => !one.includes('host'))
    const table = readTable(routes(...hostless), 'routes.yaml')
    const withHosts = readTable(routes(...order.filter((one) => !one.includes('methods'))), 'routes.yaml')
    for (const [method, target, host, expected] of cases) {
      const used = host?.toLowerCase() === 'x.example' ? withHosts : table
      assert.equal(explainRequest(used, { method, target, host }).route?.name, expected, `${method} ${host}${target}`)
    }
    for (const host of [undefined, '', 'x.example.', 'x.example, y.example', 'x.example@y', '..']) {
      const explanation = explainRequest(withHosts, { method: 'GET', target: '/a/b', host })
      assert.equal(explanation.route === undefined ? explanation.check : '', 'host', String(host))
    }
  }
})
