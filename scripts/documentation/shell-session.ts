import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groupOf } from './process-group.ts'

export type Ran = { readonly status: number; readonly output: string; readonly timedOut: boolean }
export type Surroundings = { readonly cwd: string; readonly env: NodeJS.ProcessEnv }

export type ShellSession = {
  /** Runs one command as if typed next: variables, functions and the folder last. Both output streams are kept, in order. */
  readonly run: (command: string, timeoutSeconds: number) => Promise<Ran>
  /** Ends the shell and everything it started. */
  readonly close: () => void
}

/** One bash that lasts for a page. Commands have no standard input, and a pipe fails when any part of it fails. */
export const openShell = ({ cwd, env }: Surroundings): ShellSession => {
  const scratch = mkdtempSync(join(tmpdir(), 'mintmark-shell-'))
  const [script, output] = [join(scratch, 'command'), join(scratch, 'output')]
  const bash = spawn('bash', ['--noprofile', '--norc'], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'], detached: true })
  const group = groupOf(bash)
  const end = Promise.withResolvers<'shell ended'>()
  bash.on('close', () => end.resolve('shell ended'))
  bash.stdin.on('error', () => end.resolve('shell ended'))
  bash.stdin.write('set -o pipefail\n')

  const statusLine = () => {
    const { promise, resolve } = Promise.withResolvers<number>()
    bash.stdout.once('data', (data: Buffer) => resolve(Number(data.toString())))
    return promise
  }
  const close = () => {
    group.end()
    rmSync(scratch, { recursive: true, force: true })
  }
  const run = async (command: string, timeoutSeconds: number): Promise<Ran> => {
    writeFileSync(script, `${command}\n`)
    writeFileSync(output, '')
    const timeout = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => timeout.resolve('late'), timeoutSeconds * 1000)
    const status = statusLine()
    // The command's own output goes to a file: the shell's says only how the command ended.
    bash.stdin.write(`. '${script}' </dev/null >'${output}' 2>&1; echo $?\n`)
    const ended = await Promise.race([status, end.promise, timeout.promise])
    clearTimeout(timer)
    const printed = readFileSync(output, 'utf8')
    if (ended === 'shell ended')
      return { status: 1, output: `${printed}(the command ended the shell)\n`, timedOut: false }
    return { status: ended === 'late' ? 1 : ended, output: printed, timedOut: ended === 'late' }
  }
  return { run, close }
}
