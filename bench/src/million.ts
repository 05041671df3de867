import type { LoadProcess } from './load/load-process.ts'
import { measure, type PreparedScenario } from './measure.ts'

/** Resident memory of the server after so many requests. */
export type MemorySample = { readonly requests: number; readonly residentBytes: number }

export type MemoryCourse = {
  readonly samples: readonly MemorySample[]
  /** Highest of the whole course, in bytes. */
  readonly peakBytes: number
  /** Last quarter's mean over the second quarter's: 1 is flat. The first quarter is the heap finding its size. */
  readonly growth: number
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Growth over a course of samples, as {@link MemoryCourse} defines it. Takes at least four samples. */
export const growthOf = (resident: readonly number[]): number => {
  const quarter = Math.floor(resident.length / 4)
  return mean(resident.slice(-quarter)) / mean(resident.slice(quarter, 2 * quarter))
}

/** Sends `requests` requests in `slices` equal runs and reads the server's memory after each. */
export const memoryCourse = async (
  prepared: PreparedScenario,
  load: LoadProcess,
  options: {
    readonly requests: number
    readonly slices: number
    readonly concurrency: number
    readonly progress: (line: string) => void
  },
): Promise<MemoryCourse> => {
  const { requests, slices, concurrency, progress } = options
  const samples: MemorySample[] = []
  let sent = 0
  let peakBytes = 0
  for (let slice = 1; slice <= slices; slice++) {
    progress(`${prepared.scenario.name}: ${sent.toLocaleString('en')} of ${requests.toLocaleString('en')} requests`)
    const one = await measure(prepared, load, slice, { concurrency, count: Math.ceil(requests / slices) })
    sent += one.requests
    peakBytes = one.peakBytes
    samples.push({ requests: sent, residentBytes: one.residentBytes })
  }
  return { samples, peakBytes, growth: growthOf(samples.map(({ residentBytes }) => residentBytes)) }
}
