/** The life of the credentials of one client as the documentation tells it, written without the server's own functions. */
export type ModelCredential = {
  readonly id: string
  readonly staged?: true
  readonly drainsUntil?: number
  readonly retired?: number
  readonly frozen?: number
}

export type ModelRotation = {
  readonly started: number
  readonly until: number
  readonly fresh: readonly string[]
  readonly old: readonly { readonly id: string; readonly drainsUntil?: number }[]
  readonly completed?: number
}

export type Model = { readonly credentials: readonly ModelCredential[]; readonly rotation: ModelRotation | undefined }

export type State = 'staged' | 'live' | 'draining' | 'retired'

export type Step =
  | { readonly do: 'add'; readonly staged: boolean }
  | { readonly do: 'state'; readonly which: number; readonly to: State; readonly overlap: number }
  | { readonly do: 'delete'; readonly which: number }
  | { readonly do: 'freeze' | 'unfreeze'; readonly which: number }
  | { readonly do: 'start' | 'rotate'; readonly overlap: number }
  | { readonly do: 'complete' | 'cancel' | 'tend' }

const day = 86_400_000
const week = 7 * day
const mostLive = 4
const mostEnded = 16

const stateOf = ({ staged, drainsUntil, retired }: ModelCredential, now: number): State => {
  if (retired !== undefined || (drainsUntil ?? Number.POSITIVE_INFINITY) <= now) return 'retired'
  if (staged) return 'staged'
  return drainsUntil === undefined ? 'live' : 'draining'
}

/** Whether the client may come in with it. */
export const mayProve = (credential: ModelCredential, now: number): boolean =>
  credential.frozen === undefined && ['live', 'draining'].includes(stateOf(credential, now))

const endOf = ({ drainsUntil, retired }: ModelCredential): number =>
  Math.min(drainsUntil ?? Number.POSITIVE_INFINITY, retired ?? Number.POSITIVE_INFINITY)

const underWay = ({ until, completed }: ModelRotation, now: number): boolean => completed === undefined && until > now
const overSince = ({ until, completed }: ModelRotation): number => Math.min(until, completed ?? until)
const reversible = (rotation: ModelRotation, now: number): boolean =>
  underWay(rotation, now) || overSince(rotation) + week > now

/** The credential with some marks instead of all it had. */
const marked = ({ id, frozen }: ModelCredential, marks: Omit<ModelCredential, 'id' | 'frozen'>): ModelCredential => ({
  id,
  ...marks,
  ...(frozen === undefined ? {} : { frozen }),
})

const ways: Readonly<Record<State, readonly State[]>> = {
  staged: ['live', 'retired'],
  live: ['staged', 'draining', 'retired'],
  draining: ['live', 'draining', 'retired'],
  retired: ['live', 'draining'],
}

const tooMany = ({ credentials }: Model, now: number): boolean =>
  credentials.filter((one) => stateOf(one, now) !== 'retired').length > mostLive

/** With each new credential those are forgotten that ended long ago, or of many the first. */
const withNew = (model: Model, fresh: ModelCredential, now: number): Model => {
  const ended = model.credentials
    .filter((one) => stateOf(one, now) === 'retired')
    .toSorted((a, b) => endOf(b) - endOf(a))
  const forgotten = ended.filter((one, index) => index >= mostEnded || endOf(one) + week < now)
  return { ...model, credentials: [...model.credentials.filter((one) => !forgotten.includes(one)), fresh] }
}

const changed = (model: Model, change: (one: ModelCredential) => ModelCredential | undefined): Model => ({
  ...model,
  credentials: model.credentials.flatMap((one) => change(one) ?? []),
})

const withState = (one: ModelCredential, to: State, overlap: number, now: number): ModelCredential =>
  marked(one, {
    ...(to === 'staged' ? { staged: true } : {}),
    ...(to === 'draining' ? { drainsUntil: now + overlap * 1000 } : {}),
    ...(to === 'retired' ? { retired: now } : {}),
  })

const start = (model: Model, overlap: number, lenient: boolean, fresh: string, now: number): Model | undefined => {
  const { rotation } = model
  if (!lenient && rotation !== undefined && underWay(rotation, now)) return undefined
  const until = now + overlap * 1000
  const live = model.credentials.filter((one) => stateOf(one, now) === 'live')
  if (live.length === 0 && !lenient) return undefined
  const hurried = model.credentials.filter(
    (one) => lenient && stateOf(one, now) === 'draining' && one.frozen === undefined && (one.drainsUntil ?? 0) > until,
  )
  const old = [...live, ...hurried]
  const drained = changed(model, (one) => (old.includes(one) ? marked(one, { drainsUntil: until }) : one))
  const after = withNew(drained, { id: fresh }, now)
  if (old.length === 0) return after
  const before = old.map(({ id, drainsUntil }) => ({ id, ...(drainsUntil === undefined ? {} : { drainsUntil }) }))
  return { ...after, rotation: { started: now, until, fresh: [fresh], old: before } }
}

const complete = (model: Model, now: number): Model | undefined => {
  const { rotation } = model
  if (rotation === undefined || !underWay(rotation, now)) return undefined
  const old = rotation.old.map(({ id }) => id)
  const retired = changed(model, (one) =>
    old.includes(one.id) && stateOf(one, now) !== 'retired' ? marked(one, { ...staged(one), retired: now }) : one,
  )
  return { ...retired, rotation: { ...rotation, completed: now } }
}

const staged = (one: ModelCredential) => (one.staged === true ? { staged: true as const } : {})

const cancel = (model: Model, now: number): Model | undefined => {
  const { rotation } = model
  if (rotation === undefined || !reversible(rotation, now)) return undefined
  const known = model.credentials.map(({ id }) => id)
  if (!rotation.old.some(({ id }) => known.includes(id))) return undefined
  const back = changed(model, (one) => {
    if (rotation.fresh.includes(one.id)) return stateOf(one, now) === 'retired' ? one : marked(one, { retired: now })
    const before = rotation.old.find(({ id }) => id === one.id)
    if (before === undefined) return one
    const { drainsUntil } = before
    return marked(one, { ...staged(one), ...(drainsUntil === undefined ? {} : { drainsUntil }) })
  })
  return { ...back, rotation: undefined }
}

/** What the server does by itself, each of its commits: the end of a rotation, and what is forgotten. */
const tend = (model: Model, now: number): readonly Model[] => {
  const { rotation } = model
  let first = model
  if (rotation !== undefined && !reversible(rotation, now)) first = { ...model, rotation: undefined }
  else if (rotation !== undefined && rotation.completed === undefined && rotation.until <= now) {
    first = { ...model, rotation: { ...rotation, completed: rotation.until } }
  }
  const second = changed(first, (one) =>
    stateOf(one, now) === 'retired' && endOf(one) + week <= now ? undefined : one,
  )
  return [model, first, second]
}

/**
 * What a step may leave: the state it found, which it leaves when it is refused or crashes before, up to the state it makes;
 * nothing between two of them.
 * @param fresh the id of the credential it makes
 */
export const statesOf = (model: Model, step: Step, fresh: string, now: number): readonly Model[] => {
  const one = 'which' in step ? model.credentials[step.which % Math.max(1, model.credentials.length)] : undefined
  const only = (change: (found: ModelCredential) => ModelCredential | undefined): Model | undefined =>
    one === undefined ? undefined : changed(model, (other) => (other === one ? change(other) : other))
  const after = (): Model | undefined => {
    if (step.do === 'add') return withNew(model, { id: fresh, ...(step.staged ? { staged: true } : {}) }, now)
    if (step.do === 'start' || step.do === 'rotate') return start(model, step.overlap, step.do === 'rotate', fresh, now)
    if (step.do === 'complete') return complete(model, now)
    if (step.do === 'cancel') return cancel(model, now)
    if (step.do === 'delete') return only(() => undefined)
    if (step.do === 'freeze') return only((found) => ({ ...found, frozen: now }))
    if (step.do === 'unfreeze') return only(({ frozen: _frozen, ...rest }) => rest)
    if (step.do !== 'state' || one === undefined) return undefined
    const from = stateOf(one, now)
    if (!ways[from].includes(step.to) || (from === 'retired' && endOf(one) + week <= now)) return undefined
    return only((found) => withState(found, step.to, step.overlap, now))
  }
  if (step.do === 'tend') return tend(model, now)
  const reached = after()
  // Only what lets a credential in is held against the number of them.
  return reached === undefined || tooMany(reached, now) ? [model] : [model, reached]
}
