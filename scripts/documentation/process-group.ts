import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/** A program and everything it starts. */
export type ProcessGroup = {
  /** Signals everyone of the group who is left. */
  readonly signal: (name: NodeJS.Signals) => void
  /** Kills everyone who is left. */
  readonly end: () => void
}

/**
 * The process group of a program, which does not outlive this process, however this process ends: a shell outside of both
 * waits for the end of a pipe that only this process holds, and kills the group then.
 * @param head the program, started as `detached`, so that it has a group of its own
 */
export const groupOf = (head: ChildProcess): ProcessGroup => {
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (head.pid !== undefined) process.kill(-head.pid, name)
    } catch {
      // Nobody of the group is left.
    }
  }
  const guard = spawn('sh', ['-c', 'cat >/dev/null; kill -s KILL -- "-$0"', String(head.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  ;(guard.stdin as unknown as Socket).unref()
  return {
    signal,
    end: () => {
      signal('SIGKILL')
      guard.kill('SIGKILL')
    },
  }
}
