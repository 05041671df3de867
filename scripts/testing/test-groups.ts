import { globSync } from 'node:fs'

/** The groups of `npm test -- --only`, slowest first: the order in which they are started. */
export const testGroups = [
  'chaos',
  'foreign-gateways',
  'postgres-versions',
  'deployment',
  'soak',
  'foreign-languages',
  'runtimes',
  'docs',
  'e2e',
  'spec',
  'unit',
] as const
export type TestGroup = (typeof testGroups)[number]

/**
 * Groups that run only when asked for: they need other languages' tools and registries, download other runtimes, or need the
 * machine for themselves.
 */
export const groupsOnRequest: readonly TestGroup[] = [
  'chaos',
  'foreign-gateways',
  'postgres-versions',
  'deployment',
  'soak',
  'foreign-languages',
  'runtimes',
]

const everyTest = [
  'packages/*/src/**/*.test.ts',
  'packages/*/test/**/*.test.ts',
  'examples/**/*.test.ts',
  'e2e/**/*.test.ts',
  'bench/**/*.test.ts',
  'scripts/**/*.test.ts',
]

/**
 * The group of a test file: `docs` runs the documentation's command lines, `e2e` starts programs or uses foreign clients,
 * `foreign-gateways` builds or downloads gateways that are no packages of Debian, `deployment` builds Helm, and the image as root,
 * `foreign-languages` runs clients and resource servers in other languages, `chaos` breaks several nodes under traffic,
 * `soak` keeps a server under load for a while and counts what it holds, `postgres-versions` brings every version of PostgreSQL,
 * `runtimes` both SDKs on Node 20, Bun, Deno and workerd, `spec` is a package's `test` folder, and what lies beside the file it tests is `unit`.
 */
export const groupOf = (file: string): TestGroup => {
  if (file === 'scripts/doc-commands.test.ts' || /^scripts\/documentation\/pages-.*\.test\.ts$/.test(file))
    return 'docs'
  if (file.startsWith('e2e/chaos/')) return 'chaos'
  if (/^e2e\/(?:gateways|mutual-tls)\/foreign\//.test(file)) return 'foreign-gateways'
  if (file.startsWith('e2e/deploy/on-request/')) return 'deployment'
  if (file.startsWith('e2e/foreign/languages/')) return 'foreign-languages'
  if (file.startsWith('e2e/runtimes/')) return 'runtimes'
  if (file.startsWith('e2e/postgres/versions/')) return 'postgres-versions'
  if (file === 'bench/src/soak/soak.test.ts') return 'soak'
  if (file.startsWith('e2e/')) return 'e2e'
  return /^packages\/[^/]+\/test\//.test(file) ? 'spec' : 'unit'
}

/** Every test file below `root` in the order to start them, as paths with forward slashes. */
export const findTestFiles = (root: string): string[] =>
  globSync(everyTest, { cwd: root, exclude: (name) => /(^|\/)(node_modules|dist)$/.test(String(name)) })
    .map((path) => path.replaceAll('\\', '/'))
    .sort((a, b) => testGroups.indexOf(groupOf(a)) - testGroups.indexOf(groupOf(b)) || (a < b ? -1 : 1))

/** Tests of the embedded database itself, and those that bring both databases whatever they are run with. */
const ofTheirOwnStore = [
  'packages/server/test/sqlite/',
  'packages/server/test/postgres/',
  'packages/server/test/store-contract/',
  'packages/server/test/upgrade/',
  'packages/server/test/after-restore.test.ts',
  'packages/server/test/backup-restore.test.ts',
  'packages/server/test/bad-data.test.ts',
  'packages/server/test/housekeeping.test.ts',
  'packages/server/test/load-shedding.test.ts',
  'packages/server/test/migrate-store.test.ts',
  'packages/server/test/credential-life/kill.test.ts',
  'e2e/durability/',
  'e2e/gateways/',
  'e2e/postgres/versions/',
  'e2e/runtimes/',
]

/** Whether a file's tests run a server that keeps its data in a store: what `npm test -- --store postgres` runs. */
export const dependsOnStore = (file: string): boolean =>
  (file.startsWith('packages/server/test/') || file.startsWith('e2e/')) &&
  !ofTheirOwnStore.some((own) => file.startsWith(own))
