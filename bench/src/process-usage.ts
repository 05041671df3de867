import { readFileSync } from 'node:fs'

/** Clock ticks a second in `/proc/PID/stat`. Linux shows 100 to user space on every architecture, whatever the kernel runs at. */
const ticksPerSecond = 100

export type ProcessUsage = {
  /** CPU time of all threads so far, ended ones included, user and system, in microseconds; exact to 10,000. */
  readonly cpuMicros: number
  /** Resident memory now, in bytes. */
  readonly residentBytes: number
  /** Highest resident memory since the start or since {@link resetPeakMemory}, in bytes. */
  readonly peakBytes: number
}

/** What a process has used so far, from `/proc` (Linux only). Throws if there is no such process. */
export const readProcessUsage = (pid: number): ProcessUsage => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field, the command name, may hold spaces and parentheses: count from the last parenthesis, which ends it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return {
    cpuMicros: ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond,
    residentBytes: kibibytes(status, 'VmRSS') * 1024,
    peakBytes: kibibytes(status, 'VmHWM') * 1024,
  }
}

const kibibytes = (status: string, name: string): number => {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  if (value === undefined) throw new Error(`/proc status has no ${name}`)
  return Number(value)
}

/** CPU time that all processes of the machine have used since it started, in microseconds; exact to 10,000. */
export const readMachineCpuMicros = (): number => {
  // user nice system idle iowait irq softirq steal: idle, iowait and what the hypervisor took were used by nobody here.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? ''
  )
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return ((user + nice + system + irq + softirq) * 1e6) / ticksPerSecond
}
