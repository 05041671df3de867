/** Upper bounds of the durations we count by, in seconds. */
export const durationBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const

/** How long something took, in buckets: `counts[n]` is up to `durationBounds[n]`, the last one beyond. */
export type Durations = { readonly counts: Float64Array; sum: number }

/** A counter by labels; the labels are joined by a space in the order of its metric. */
export type Counts = ReadonlyMap<string, number>

/** Tells what became of a request. `outcome` is `ok`, an error code, or an HTTP status. */
export type ObserveRequest = (endpoint: string, outcome: string, milliseconds: number) => void

/**
 * What the server counts while it works: plain numbers, so that a request pays nanoseconds; they become metrics when
 * somebody reads them. Labels are names of ours, never a client's.
 */
export type Statistics = {
  readonly observeRequest: ObserveRequest
  readonly countToken: (grant: string, format: string) => void
  readonly countConnectionProblem: (listener: string, problem: string) => void
  /** An assertion of a client that may still name the token endpoint as audience. */
  readonly countEndpointAudience: () => void
  /** What became of a request to roll a client's key over, that was authentic. */
  readonly countKeyRollover: (outcome: 'rolled' | 'repeated' | 'frozen') => void
  /** A request beyond a limit; `first` where it begins a block. */
  readonly countLimited: (limit: string, first: boolean) => void
  readonly countTask: (task: string, outcome: 'done' | 'failed' | 'held') => void
  /** An end that was announced, by the type of its event. */
  readonly countNotice: (type: string) => void
  /** How many credentials end within a time, such as `7d`. */
  readonly setExpiring: (within: string, credentials: number) => void
  /** What an attempt to tell a webhook came to. */
  readonly countDelivery: (outcome: string) => void
  readonly setWebhooks: (state: string, webhooks: number) => void
  readonly setWebhookMessages: (state: string, messages: number) => void
  /** How many rotations are under way whose old credentials are in use. */
  readonly setRotationsInUse: (rotations: number) => void
  readonly requests: Counts
  readonly durations: ReadonlyMap<string, Durations>
  readonly tokens: Counts
  readonly connectionProblems: Counts
  readonly limited: Counts
  readonly limitBlocks: Counts
  readonly tasks: Counts
  readonly keyRollovers: Counts
  readonly endpointAudiences: () => number
  readonly notices: Counts
  readonly expiring: Counts
  readonly deliveries: Counts
  readonly webhooks: Counts
  readonly webhookMessages: Counts
  readonly rotationsInUse: () => number
}

const observe = (durations: Durations, seconds: number): void => {
  let bucket = 0
  while (bucket < durationBounds.length && seconds > (durationBounds[bucket] ?? 0)) bucket += 1
  durations.counts[bucket] = (durations.counts[bucket] ?? 0) + 1
  durations.sum += seconds
}

export const createStatistics = (): Statistics => {
  const requests = new Map<string, number>()
  const durations = new Map<string, Durations>()
  const tokens = new Map<string, number>()
  const connectionProblems = new Map<string, number>()
  const limited = new Map<string, number>()
  const limitBlocks = new Map<string, number>()
  const tasks = new Map<string, number>()
  const notices = new Map<string, number>()
  const expiring = new Map<string, number>()
  const keyRollovers = new Map<string, number>()
  const deliveries = new Map<string, number>()
  const webhooks = new Map<string, number>()
  const webhookMessages = new Map<string, number>()
  let endpointAudiences = 0
  let rotationsInUse = 0
  const count = (counts: Map<string, number>, labels: string): void => {
    counts.set(labels, (counts.get(labels) ?? 0) + 1)
  }
  return {
    observeRequest: (endpoint, outcome, milliseconds) => {
      count(requests, `${endpoint} ${outcome}`)
      let taken = durations.get(endpoint)
      if (taken === undefined) {
        taken = { counts: new Float64Array(durationBounds.length + 1), sum: 0 }
        durations.set(endpoint, taken)
      }
      observe(taken, milliseconds / 1000)
    },
    countToken: (grant, format) => count(tokens, `${grant} ${format}`),
    countConnectionProblem: (listener, problem) => count(connectionProblems, `${listener} ${problem}`),
    countEndpointAudience: () => {
      endpointAudiences += 1
    },
    countKeyRollover: (outcome) => count(keyRollovers, outcome),
    countLimited: (limit, first) => {
      count(limited, limit)
      if (first) count(limitBlocks, limit)
    },
    countTask: (task, outcome) => count(tasks, `${task} ${outcome}`),
    countDelivery: (outcome) => count(deliveries, outcome),
    setWebhooks: (state, amount) => {
      webhooks.set(state, amount)
    },
    setWebhookMessages: (state, amount) => {
      webhookMessages.set(state, amount)
    },
    countNotice: (type) => count(notices, type),
    setExpiring: (within, credentials) => {
      expiring.set(within, credentials)
    },
    setRotationsInUse: (rotations) => {
      rotationsInUse = rotations
    },
    requests,
    durations,
    tokens,
    connectionProblems,
    limited,
    limitBlocks,
    tasks,
    keyRollovers,
    endpointAudiences: () => endpointAudiences,
    rotationsInUse: () => rotationsInUse,
    notices,
    expiring,
    deliveries,
    webhooks,
    webhookMessages,
  }
}
