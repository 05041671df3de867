import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { holdLock } from '../../../hold-lock.ts'
import { createContextFilter, type Instruction, pairsOf, parseDockerfile, wordsOf } from './dockerfile.ts'

const run = promisify(execFile)
const repository = resolve(import.meta.dirname, '../../../..')
const cache = join(repository, 'node_modules/.cache/mintmark-image')
const release = 'bookworm'

/** What a container of the image would be: a root, and how to run in it. */
export type Image = {
  readonly root: string
  readonly environment: Readonly<Record<string, string>>
  readonly user: string
  readonly workingDirectory: string
  readonly volumes: readonly string[]
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly health: readonly string[]
}

/** A minimal Debian with the libraries of Node, made once: a minute. */
const debian = async (): Promise<string> => {
  const made = join(cache, release)
  if (existsSync(made)) return made
  mkdirSync(cache, { recursive: true })
  const free = await holdLock(join(cache, 'lock'))
  try {
    if (existsSync(made)) return made
    const partial = `${made}.partial`
    rmSync(partial, { recursive: true, force: true })
    await run('debootstrap', ['--variant=minbase', '--include=ca-certificates,libatomic1', release, partial], {
      maxBuffer: 1e8,
    })
    renameSync(partial, made)
    return made
  } finally {
    free()
  }
}

/**
 * Stands in for `node:VERSION-bookworm-slim`, which only a registry of images has: Debian's base, the Node that package.json pins, npm of
 * this machine, the user 1000.
 */
const nodeImage = async (image: string, root: string): Promise<void> => {
  const wanted = `node:${process.versions.node}-${release}-slim`
  if (image !== wanted) throw new Error(`the image is made from ${image}, and the tests run on ${wanted}`)
  await run('cp', ['-a', await debian(), root])
  cpSync(process.execPath, join(root, 'usr/local/bin/node'), { dereference: true })
  const { stdout } = await run('sh', ['-c', 'realpath "$(command -v npm)"'])
  cpSync(resolve(stdout.trim(), '../..'), join(root, 'usr/local/lib/node_modules/npm'), {
    recursive: true,
    dereference: true,
  })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
  await run('chroot', [root, 'useradd', '--uid', '1000', '--create-home', 'node'])
  // What an engine adds, and what this machine needs to reach its registry: names, and perhaps a CA of its own.
  for (const file of ['etc/resolv.conf', 'etc/hosts', 'etc/ssl/certs/ca-certificates.crt']) {
    if (existsSync(join('/', file))) cpSync(join('/', file), join(root, file), { dereference: true })
  }
}

/** Copies what a clone has and the rules let through. */
const sendContext = async (rules: string, target: string): Promise<void> => {
  const isSent = createContextFilter(rules)
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    maxBuffer: 1e8,
  })
  for (const path of stdout.split('\0').filter((each) => each !== '' && isSent(each))) {
    const from = join(repository, path)
    if (!existsSync(from)) continue
    mkdirSync(dirname(join(target, path)), { recursive: true })
    cpSync(from, join(target, path))
  }
}

/** With the packages that this machine has downloaded before, as a builder's cache has them. */
const runScript = `
mount --make-rprivate /
mount -t proc proc "$0/proc"
mkdir -p "$0/tmp/npm-cache"
mount --bind "$NPM_CACHE" "$0/tmp/npm-cache"
exec chroot "$0" /bin/sh -ec 'cd "$0" && eval "$1"' "$1" "$2"
`

const forNpm = async (): Promise<Readonly<Record<string, string>>> => {
  const { stdout } = await run('npm', ['config', 'get', 'cache'])
  return {
    HOME: '/root',
    NPM_CACHE: stdout.trim(),
    npm_config_cache: '/tmp/npm-cache',
    npm_config_prefer_offline: 'true',
    NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt',
  }
}

/**
 * Does what a Dockerfile says, each stage in a root of its own. It is no container engine: no layers, no cache, no registry; `RUN` has the
 * network and the kernel of this machine.
 */
export const buildRoot = async (dockerfile: string, directory: string): Promise<Image> => {
  const roots = new Map<string, string>()
  const rules = readFileSync(`${dockerfile}.dockerignore`, 'utf8')
  let image: Image | undefined
  for (const [index, { image: from, name, instructions }] of parseDockerfile(
    readFileSync(dockerfile, 'utf8'),
  ).entries()) {
    const root = join(directory, `stage-${index}`)
    await nodeImage(from, root)
    if (name !== undefined) roots.set(name, root)
    const environment: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
    const made = {
      user: '0:0',
      workingDirectory: '/',
      volumes: [] as string[],
      entrypoint: [''],
      command: [''],
      health: [''],
    }
    const steps: Readonly<Record<string, (value: string) => Promise<void> | void>> = {
      WORKDIR: (value) => {
        made.workingDirectory = value
        mkdirSync(join(root, value), { recursive: true })
      },
      COPY: async (value) => {
        const [, stage, source = '', target = ''] = /^(?:--from=(\S+) )?(\S+) (\S+)$/.exec(value) ?? []
        const place = join(root, resolve(made.workingDirectory, target))
        if (stage === undefined && source === '.') await sendContext(rules, place)
        else if (stage !== undefined) await run('cp', ['-a', join(roots.get(stage) ?? '', source), place])
        else throw new Error(`a COPY that is not covered: ${value}`)
      },
      RUN: async (value) => {
        const { stdout } = await run(
          'unshare',
          ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', runScript, root, made.workingDirectory, value],
          { env: { ...environment, ...(await forNpm()) }, maxBuffer: 1e8 },
        )
        writeFileSync(join(directory, 'run.log'), `${value}\n${stdout}\n`, { flag: 'a' })
      },
      ENV: (value) => void Object.assign(environment, Object.fromEntries(pairsOf(value))),
      USER: (value) => {
        made.user = value
      },
      VOLUME: (value) => void made.volumes.push(value),
      HEALTHCHECK: (value) => {
        made.health = [...wordsOf(value.slice(value.indexOf('[')))]
      },
      ENTRYPOINT: (value) => {
        made.entrypoint = [...wordsOf(value)]
      },
      CMD: (value) => {
        made.command = [...wordsOf(value)]
      },
    }
    const perform = async ({ name: step, value }: Instruction): Promise<void> => steps[step]?.(value)
    for (const instruction of instructions) await perform(instruction)
    image = { root, environment, ...made }
  }
  if (image === undefined) throw new Error('a Dockerfile without a stage')
  return image
}
