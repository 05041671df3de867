import { execFileSync } from 'node:child_process'

/** Binds a process, all its threads and what they start to one processor (Linux, util-linux). */
export const pin = (pid: number, processor: number): void => {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(processor), String(pid)], { stdio: 'ignore' })
}
