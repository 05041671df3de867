import { spawn } from 'node:child_process'
import { groupOf } from './process-group.ts'
import type { Surroundings } from './shell-session.ts'

export type BackgroundProgram = {
  /** Everything it has printed until now. */
  readonly output: () => string
  /** Waits until `ready` says so; otherwise what went wrong, as a sentence. */
  readonly waitUntil: (ready: () => boolean | Promise<boolean>, timeoutSeconds: number) => Promise<string | undefined>
  /** Presses Ctrl-C, as the reader would; what went wrong, as a sentence, if it does not end within a minute. */
  readonly stop: () => Promise<string | undefined>
}

const askAgainMilliseconds = 50
const stopSeconds = 60

/** Starts a command that goes on while the page does: in the page's folder, without the variables its commands have set. */
export const startInBackground = (command: string, { cwd, env }: Surroundings): BackgroundProgram => {
  const child = spawn('bash', ['--noprofile', '--norc', '-c', command], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const group = groupOf(child)
  let printed = ''
  let ended = false
  const keep = (text: string) => {
    printed += text
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const end = new Promise<void>((resolve) => {
    child.on('close', () => {
      ended = true
      resolve()
    })
  })
  const within = async (seconds: number) => {
    const timeout = Promise.withResolvers<void>()
    const timer = setTimeout(timeout.resolve, seconds * 1000)
    await Promise.race([end, timeout.promise])
    clearTimeout(timer)
    return ended
  }
  return {
    output: () => printed,
    waitUntil: async (ready, timeoutSeconds) => {
      const deadline = performance.now() + timeoutSeconds * 1000
      while (!(await ready())) {
        if (ended) return `ended before it was ready; printed:\n${printed}`
        if (performance.now() > deadline) return `not ready after ${timeoutSeconds} s; printed:\n${printed}`
        await new Promise((resolve) => setTimeout(resolve, askAgainMilliseconds))
      }
      return undefined
    },
    stop: async () => {
      group.signal('SIGINT')
      const stopped = await within(stopSeconds)
      group.end()
      return stopped ? undefined : `"${command}" did not end within ${stopSeconds} s of Ctrl-C`
    },
  }
}
