import { execFile } from 'node:child_process'
import { copyFileSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = ['protocol', 'client', 'resource-server']

/** The environment without what makes our own packages load from source. */
export const plainEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, NODE_OPTIONS: '' })

export interface StrangerProject {
  readonly folder: string
  /** One JavaScript file of a TypeScript program, its imports left to the runtime. */
  readonly compiled: (name: string) => Promise<string>
  /** One file with everything in it, as a worker is deployed. */
  readonly bundled: (name: string) => Promise<string>
  readonly remove: () => void
}

/**
 * A project outside of the repository that has both SDKs as npm would install them, built and packed, and a copy of the
 * programs.
 */
export async function makeStrangerProject(programs: readonly string[]): Promise<StrangerProject> {
  const folder = mkdtempSync(join(tmpdir(), 'mintmark-runtimes-'))
  const env = plainEnvironment()
  await run(join(root, 'node_modules/.bin/tsc'), ['-b', 'packages/resource-server'], { cwd: root, env })
  const workspaces = packages.flatMap((name) => ['--workspace', `packages/${name}`])
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder, ...workspaces], {
    cwd: root,
    env,
  })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const archives = globSync('*.tgz', { cwd: folder }).map((name) => `./${name}`)
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...archives], {
    cwd: folder,
    env,
  })
  for (const program of programs) copyFileSync(join(root, program), join(folder, basename(program)))

  const make = async (name: string, outfile: string, bundle: boolean) => {
    await build({
      entryPoints: [join(folder, name)],
      outfile: join(folder, outfile),
      bundle,
      format: 'esm',
      ...(bundle ? { conditions: ['workerd', 'worker'], target: 'es2024' } : {}),
    })
    return join(folder, outfile)
  }
  return {
    folder,
    compiled: (name) => make(name, name.replace(/\.ts$/, '.mjs'), false),
    bundled: (name) => make(name, name.replace(/\.ts$/, '.worker.js'), true),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
