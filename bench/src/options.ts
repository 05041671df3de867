import { parseArgs } from 'node:util'

export type BenchOptions = {
  readonly rounds: number
  readonly seconds: number
  readonly concurrency: number
  readonly clients: number
  readonly threadPool?: number
  /** Only scenarios whose name holds this text. */
  readonly only?: string
  /** Where the JSON goes; default a file named by the date in `bench/results/`. */
  readonly json?: string
}

export const usage = `npm run bench -- [options]

  --rounds N           rounds of which the median is taken (5)
  --seconds N          length of a run (3)
  --concurrency N      connections, each with one request in flight (32)
  --clients N          registered clients (10)
  --only TEXT          only scenarios whose name holds TEXT
  --thread-pool N      UV_THREADPOOL_SIZE of the servers (2)
  --json FILE          where the result goes (bench/results/DATE.json)
  --help               this text`

/** Throws an Error with one line for the person who typed, on an unknown flag or a value that is no number in range. */
export const readOptions = (argv: readonly string[]): BenchOptions | 'help' => {
  const flag = { type: 'boolean', default: false } as const
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: flag,
      rounds: text,
      seconds: text,
      concurrency: text,
      clients: text,
      'thread-pool': text,
      only: text,
      json: text,
    },
  })
  if (values.help) return 'help'
  const threadPool = values['thread-pool']
  return {
    rounds: whole('rounds', values.rounds, 5, 100),
    seconds: positive('seconds', values.seconds, 3, 60),
    concurrency: whole('concurrency', values.concurrency, 32, 1000),
    clients: whole('clients', values.clients, 10, 1_000_000),
    ...(threadPool === undefined ? {} : { threadPool: whole('thread-pool', threadPool, 2, 64) }),
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(values.json === undefined ? {} : { json: values.json }),
  }
}

const positive = (name: string, value: string | undefined, byDefault: number, most: number): number => {
  const number = value === undefined ? byDefault : Number(value)
  if (!(number > 0 && number <= most))
    throw new Error(`--${name} takes a number above 0 and up to ${most}, not ${value}`)
  return number
}

const whole = (name: string, value: string | undefined, byDefault: number, most: number): number => {
  const number = positive(name, value, byDefault, most)
  if (!Number.isInteger(number)) throw new Error(`--${name} takes a whole number, not ${value}`)
  return number
}
