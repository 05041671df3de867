import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Image } from './build-root.ts'

const run = promisify(execFile)

export type Container = {
  readonly process: ChildProcess
  /** Of its first process, on this machine. */
  readonly pid: () => number
  /** What it wrote. */
  readonly output: () => string
  /** Runs a command in it, as its user. Rejects with `code` and `stdout` when that fails. */
  readonly execute: (...command: readonly string[]) => Promise<string>
}

/** The rights of the compose file and the chart: none, and none to be had. */
const withoutRights = ['--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']

const script = `
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount -t tmpfs -o mode=755 dev "$ROOT/dev"
for device in null zero random urandom; do : > "$ROOT/dev/$device"; mount --bind "/dev/$device" "$ROOT/dev/$device"; done
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$ROOT/tmp"
mount --bind "$DATA" "$ROOT$VOLUME"
mount -o remount,bind,ro "$ROOT"
exec chroot "$ROOT" sh -c 'cd "$0" && exec env -i "$@"' "$WORKDIR" "$@"
`

/**
 * Runs an image as a container engine would: a root that is read-only, processes of its own, the image's user, no rights. It shares the network
 * of this machine, and has no limits of memory.
 */
export const runImage = (
  { root, environment, user, workingDirectory, volumes, entrypoint, command }: Image,
  data: string,
  settings: Readonly<Record<string, string>>,
): Container => {
  const [uid = '', gid = ''] = user.split(':')
  const all = Object.entries({ ...environment, ...settings }).map(([name, value]) => `${name}=${value}`)
  const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...withoutRights]
  const child = spawn(
    'unshare',
    [
      ...['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', 'sh', '-ec', script, 'container'],
      ...[...all, ...asUser, ...entrypoint, ...command],
    ],
    {
      env: { ...process.env, ROOT: root, DATA: data, VOLUME: volumes[0] ?? '/data', WORKDIR: workingDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const pid = (): number => {
    const outer = child.pid ?? 0
    return Number(readFileSync(join('/proc', String(outer), 'task', String(outer), 'children'), 'utf8').trim())
  }
  return {
    process: child,
    pid,
    output: () => output,
    execute: async (...words) => {
      const into = ['--target', String(pid()), '--mount', '--pid', '--ipc', '--uts', '--root', '--wd']
      const { stdout } = await run('nsenter', [...into, '--', 'env', '-i', ...all, ...asUser, ...words])
      return stdout
    },
  }
}
