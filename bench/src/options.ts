import { parseArgs } from 'node:util'
import type { Engine } from './contenders/mintmark.ts'

export type BenchOptions = {
  readonly rounds: number
  readonly seconds: number
  readonly concurrency: number
  readonly clients: number
  readonly threadPool?: number
  /** Only scenarios whose name holds one of these texts. */
  readonly only?: readonly string[]
  /** Where the JSON goes; default a file named by the date in `bench/results/`. */
  readonly json?: string
  readonly parts: readonly Part[]
  readonly tokens: number
  /** Databases that `--clients-million` is measured on. */
  readonly engines: readonly Engine[]
}

const parts = [
  ...(['compare', 'scale', 'clients-million', 'revocations', 'million', 'sdk', 'gateway', 'overload'] as const),
]
/** The parts of the benchmark, one command-line flag each. */
export type Part = (typeof parts)[number]

export const usage = `npm run bench -- [parts] [options]

parts (default --compare)
  --compare            requests/s, latency, CPU and memory of every scenario, interleaved
  --scale              Mintmark with 10 and with 100,000 clients: cost of a token, time until ready
  --clients-million    Mintmark with 1,000 and with 1,000,000 clients, over SQLite and over PostgreSQL
  --revocations        Mintmark without and with 100,000 live revocations
  --million            Mintmark's memory over a million tokens
  --sdk                the SDKs: verification of a token, token() of the client, size of the bundles
  --gateway            the gateway verifier: what asking it adds to a request
  --overload           five times the load it can carry: what still comes through
  --all                all of them

options
  --rounds N           rounds of which the median is taken (5)
  --seconds N          length of a run (3)
  --concurrency N      connections, each with one request in flight (32)
  --clients N          registered clients in --compare (10)
  --only TEXT          of --compare only scenarios whose name holds TEXT (several: with commas)
  --thread-pool N      UV_THREADPOOL_SIZE of the servers (their own choice; the bare handler and node-oidc-provider: 2)
  --tokens N           tokens of --million (1000000)
  --engines NAMES      databases of --clients-million (sqlite,postgres)
  --json FILE          where the result goes (bench/results/DATE.json)
  --help               this text`

/** Throws an Error with one line for the person who typed, on an unknown flag or a value that is no number in range. */
export const readOptions = (argv: readonly string[]): BenchOptions | 'help' => {
  const flag = { type: 'boolean', default: false } as const
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      compare: flag,
      scale: flag,
      'clients-million': flag,
      revocations: flag,
      million: flag,
      sdk: flag,
      gateway: flag,
      overload: flag,
      all: flag,
      help: flag,
      rounds: text,
      seconds: text,
      concurrency: text,
      clients: text,
      'thread-pool': text,
      tokens: text,
      only: text,
      engines: text,
      json: text,
    },
  })
  if (values.help) return 'help'
  const chosen = parts.filter((part) => values.all || values[part])
  const threadPool = values['thread-pool']
  return {
    rounds: whole('rounds', values.rounds, 5, 100),
    seconds: positive('seconds', values.seconds, 3, 60),
    concurrency: whole('concurrency', values.concurrency, 32, 1000),
    clients: whole('clients', values.clients, 10, 1_000_000),
    tokens: whole('tokens', values.tokens, 1_000_000, 10_000_000),
    ...(threadPool === undefined ? {} : { threadPool: whole('thread-pool', threadPool, 2, 64) }),
    engines: (values.engines ?? 'sqlite,postgres').split(',').map(readEngine),
    ...(values.only === undefined ? {} : { only: values.only.split(',') }),
    ...(values.json === undefined ? {} : { json: values.json }),
    parts: chosen.length > 0 ? chosen : ['compare'],
  }
}

const readEngine = (name: string): Engine => {
  if (name !== 'sqlite' && name !== 'postgres') throw new Error(`--engines takes sqlite, postgres or both, not ${name}`)
  return name
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
