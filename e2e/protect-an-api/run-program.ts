import { spawn } from 'node:child_process'

export interface RunningProgram {
  readonly url: string
  readonly stop: () => Promise<void>
}

/**
 * Starts a program that serves at a port, and waits until it answers there.
 * @throws Error with what it printed, when it ends before that
 */
export async function runProgram(
  [command, ...args]: readonly [string, ...string[]],
  port: number,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunningProgram> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (printed += String(data)))
  let over = false
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      over = true
      resolve()
    }
    child.on('close', end).on('error', (error) => {
      printed += String(error)
      end()
    })
  })
  const url = `http://127.0.0.1:${port}`
  while (!over) {
    const answers = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    )
    if (answers) {
      return {
        url,
        stop: async () => {
          child.kill('SIGKILL')
          await ended
        },
      }
    }
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))])
  }
  throw new Error(`${command} ${args.join(' ')} ended before it answered:\n${printed}`)
}
