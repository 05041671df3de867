import type { Body, Kind } from './kind.ts'

/**
 * The rotation of a client: which credentials came, which ones drain, and until when. One a client at the most; it is kept as
 * long as it can be cancelled.
 */
export type RotationBody = {
  /** Epoch milliseconds. */
  readonly started: number
  /** Epoch milliseconds: when the old ones retire by themselves. */
  readonly until: number
  /** Ids of the new credentials. */
  readonly fresh: readonly string[]
  /** The old ones as they were before: `drainsUntil` where one was draining already. */
  readonly old: readonly { readonly id: string; readonly drainsUntil?: number }[]
  /** Epoch milliseconds: when the old ones were retired; absent while they drain. */
  readonly completed?: number
  /** Epoch milliseconds: when it was said that the end is near and the old ones are still in use. */
  readonly announced?: number
}

const instants = ['started', 'until', 'completed', 'announced'] as const

const described = (body: Body): Body => {
  const { old, ...rest } = body as unknown as RotationBody
  const times = instants.flatMap((name) => {
    const value = rest[name]
    return value === undefined ? [] : [[name, new Date(value).toISOString()] as const]
  })
  return { ...rest, ...Object.fromEntries(times), old: old.map(({ id }) => id) }
}

export const rotationKind: Kind = {
  name: 'rotation',
  describe: (_id, body) => described(body),
  history: (body) => body,
  claims: () => [],
  check: async ({ place, after }, state) =>
    after === undefined || (await state.client(place.parent)) !== undefined
      ? []
      : [{ fault: 'missing', message: `there is no client ${place.parent}` }],
}
