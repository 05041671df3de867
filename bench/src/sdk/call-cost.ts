import { median } from '../statistics.ts'

/** One call of something, awaited before the next begins. */
export type Call = (index: number) => unknown

/** Something to measure: `prepare` runs before each round, untimed, and gives the call that is timed. */
export type CallContender = {
  readonly name: string
  /** Calls in a round. */
  readonly count: number
  readonly prepare: () => Call | Promise<Call>
}

export type CallCost = {
  readonly name: string
  /** Medians over the rounds, of one call after the other on one event loop. */
  readonly wallMicros: number
  /** CPU time of the whole process, all threads. */
  readonly cpuMicros: number
  /** Lowest and highest round, wall time. */
  readonly wallRange: readonly [number, number]
  /** Wall time of each round, so that a ratio can be taken within it. */
  readonly rounds: readonly { readonly wallMicros: number; readonly cpuMicros: number }[]
}

const once = async ({ count, prepare }: CallContender) => {
  const call = await prepare()
  const cpu = process.cpuUsage()
  const begin = performance.now()
  for (let index = 0; index < count; index += 1) await call(index)
  const wallMicros = ((performance.now() - begin) * 1000) / count
  const { user, system } = process.cpuUsage(cpu)
  return { wallMicros, cpuMicros: (user + system) / count }
}

/** Measures the contenders interleaved, after one round of each that is not counted: it compiles the hot code. */
export const callCosts = async (
  contenders: readonly CallContender[],
  { rounds, progress }: { readonly rounds: number; readonly progress: (line: string) => void },
): Promise<readonly CallCost[]> => {
  const costs = contenders.map((): { wallMicros: number; cpuMicros: number }[] => [])
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      progress(round === 0 ? `warming up: ${contender.name}` : `round ${round} of ${rounds}: ${contender.name}`)
      const cost = await once(contender)
      if (round > 0) costs[index]?.push(cost)
    }
  }
  return contenders.map(({ name }, index) => {
    const own = costs[index] ?? []
    const wall = own.map(({ wallMicros }) => wallMicros)
    return {
      name,
      wallMicros: median(wall),
      cpuMicros: median(own.map(({ cpuMicros }) => cpuMicros)),
      wallRange: [Math.min(...wall), Math.max(...wall)],
      rounds: own,
    }
  })
}

/** The median of the ratios within each round, so that a slow round does not tilt it. */
export const ratioOf = (one: CallCost, other: CallCost, figure: 'wallMicros' | 'cpuMicros'): number =>
  median(one.rounds.map((round, index) => round[figure] / (other.rounds[index]?.[figure] ?? Number.NaN)))
