/** Which packages of this repository a package may import; `*` means any published one. Keys are folders. */
export const packageGraph: Readonly<Record<string, readonly string[] | '*'>> = {
  'packages/protocol': [],
  'packages/client': ['@mintmark/protocol'],
  'packages/resource-server': ['@mintmark/protocol', '@mintmark/client'],
  'packages/gateway': ['@mintmark/protocol', '@mintmark/client', '@mintmark/resource-server'],
  'packages/server': ['@mintmark/protocol'],
  'packages/cli': ['@mintmark/protocol', '@mintmark/client'],
  'packages/console': ['@mintmark/protocol', '@mintmark/client'],
  // The example API is what `mintmark dev` shows tokens at.
  'packages/mintmark': ['@mintmark/server', '@mintmark/gateway', '@mintmark/cli', '@mintmark/example-weather-api'],
  examples: '*',
  e2e: '*',
  bench: '*',
  scripts: '*',
}

/** Packages that run on Node, Bun, Deno and workers alike: at run time they use only what all of these have. */
export const portablePackages: readonly string[] = ['packages/protocol', 'packages/client', 'packages/resource-server']

/** The layers of the server, lowest first. A folder imports from lower layers and from itself, never sideways. */
export const serverLayers: readonly (readonly string[])[] = [
  ['lib', 'domain'],
  ['store', 'certificates', 'config'],
  ['audit'],
  ['policy'],
  ['keys', 'registry'],
  ['tokens'],
  ['client-auth', 'grants', 'leaks', 'webhooks'],
  ['endpoints', 'admin', 'operations'],
  ['http'],
  ['background'],
  ['app'],
  ['app.ts'],
  ['server'],
  ['server.ts'],
  ['bin'],
  ['bin.ts', 'index.ts'],
]

/** Server folders that only these files may import: everybody else is given plain values. */
export const onlyImportedBy: Readonly<Record<string, readonly string[]>> = {
  config: ['app.ts', 'server', 'server.ts', 'bin', 'bin.ts', 'index.ts'],
}

/** Modules with one home in the server, so that they can be replaced there. */
export const homes: readonly { readonly module: RegExp; readonly home: string }[] = [
  { module: /^@?fastify($|\/)/, home: 'http' },
  { module: /^node:sqlite$/, home: 'store/sqlite' },
  { module: /^pg($|[-/])/, home: 'store/postgres' },
  { module: /^kysely($|\/)/, home: 'store' },
  { module: /^pino($|\/)/, home: 'lib' },
  { module: /^prom-client$/, home: 'operations' },
]

/** Folders of the server that decide and compute only: what they need from outside arrives as an argument. */
export const pureFolders: readonly string[] = ['domain', 'policy']

export const ioModules: readonly string[] = [
  'node:child_process',
  'node:cluster',
  'node:dgram',
  'node:dns',
  'node:fs',
  'node:http',
  'node:http2',
  'node:https',
  'node:sqlite',
  'node:timers',
  'node:tls',
  'node:worker_threads',
]
