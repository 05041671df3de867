import { Agent, get } from 'node:http'
import { percentile } from '../statistics.ts'

/** How long health took to answer, in milliseconds. */
export type ProbeTimes = { readonly probes: number; readonly p99Millis: number; readonly maximumMillis: number }

const every = 50

/** Asks liveness and readiness in turn until stopped, as an orchestrator does but oftener. Any answer but 200 ends it with an error. */
export const startProbes = (port: number): { readonly stop: () => Promise<ProbeTimes> } => {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  let stopped = false

  const ask = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const began = performance.now()
      get({ port, path, agent }, (response) => {
        response.resume().on('end', () => {
          times.push(performance.now() - began)
          if (response.statusCode === 200) resolve()
          else reject(new Error(`${path} answered ${response.statusCode}`))
        })
      }).on('error', reject)
    })

  const run = async (): Promise<void> => {
    for (let turn = 0; !stopped; turn += 1) {
      await ask(turn % 2 === 0 ? '/health/live' : '/health/ready')
      await new Promise((resolve) => setTimeout(resolve, every))
    }
  }
  const running = run()
  running.catch(() => {})
  return {
    stop: async () => {
      stopped = true
      await running.finally(() => agent.destroy())
      const sorted = Float64Array.from(times).sort()
      return { probes: sorted.length, p99Millis: percentile(sorted, 0.99), maximumMillis: sorted.at(-1) ?? Number.NaN }
    },
  }
}
