import { globSync, readFileSync } from 'node:fs'
import type { KnipConfig } from 'knip'

/** A package that holds nothing but the statement that makes it a module has nothing to be used by or to use. */
const isEmpty = (workspace: string) =>
  globSync(`${workspace}/**/*.{ts,js}`, { exclude: ['**/node_modules', '**/dist'] }).every(
    (file) => readFileSync(file, 'utf8').trim() === 'export {}',
  )

const config: KnipConfig = {
  ignoreExportsUsedInFile: true,
  ignoreWorkspaces: globSync(['packages/*', 'examples/*', 'e2e', 'bench']).filter(isEmpty),
  workspaces: {
    '.': {
      entry: ['scripts/*.ts', 'scripts/**/*.test.ts', 'scripts/testing/record-events.ts'],
      project: ['scripts/**/*.ts'],
      ignoreDependencies: ['@arethetypeswrong/cli'],
    },
    'packages/*': {
      entry: [
        'bin/*.js',
        'src/**/*-thread.ts',
        'src/**/*-process.ts',
        'src/**/*.test.ts',
        'test/**/*.test.ts',
        'test/**/*-process.ts',
        'test/upgrade/make-fixture.ts',
        'test/postgres/try-postgres.ts',
      ],
      project: ['bin/*.js', 'src/**/*.ts', 'test/**/*.ts'],
    },
    'examples/*': {
      entry: ['src/**/*.test.ts'],
      project: ['src/**/*.ts'],
    },
    // Each file is a program of its own; those for Bun and workers are started by e2e/runtimes.
    'examples/protect-an-api': {
      entry: ['src/*.ts'],
    },
    e2e: {
      ignoreBinaries: ['flock', 'script', 'mount', 'umount', 'prlimit', 'chattr', 'unshare', 'nsenter'],
      entry: ['**/*.test.ts', 'runtimes/programs/*', 'conformance/run.ts', 'conformance/example-server.ts'],
      project: ['**/*.ts'],
    },
    bench: {
      ignoreBinaries: ['taskset'],
      entry: [
        'src/run.ts',
        'src/soak/soak-server.ts',
        'src/contenders/*.ts',
        'src/**/*-contender.ts',
        'src/**/*.test.ts',
      ],
      project: ['src/**/*.ts'],
    },
  },
}

export default config
