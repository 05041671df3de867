import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Deadlines } from '../lib/deadlines.ts'
import type { Log } from '../lib/log.ts'
import { type HttpRequest, type HttpResponse, json, noStore } from '../lib/message.ts'
import { type Admission, type AdmissionLimits, type AdmissionLoad, createAdmission } from './admission.ts'
import type { TurnAway } from './early-refusal.ts'
import { createHeldConnections } from './held-connections.ts'
import type { LateAnswer } from './late-answer.ts'
import type { HandleRequest } from './router.ts'

/**
 * What changes something, or must be in the audit log before it is answered, waits for the store; what only reads does not.
 * Each has places of its own: a store that does not answer keeps nobody from keys, metadata and introspection.
 */
export type RequestKind = 'write' | 'read'

export type LoadShedding = {
  /**
   * Serves what the limits admit, and refuses the rest with 503 and `Retry-After`. What takes longer than its caller is kept
   * waiting keeps its place until it ends, so that its number stays bounded.
   */
  readonly shed: (handle: HandleRequest) => HandleRequest
  /** Refuses, by its head alone, a request that would be refused as things are. */
  readonly turnAway: TurnAway
  /** What comes next on the connection of a refusal is not read before its turn, at most a second later. */
  readonly holdBack: (socket: Socket) => void
  /** From now on nobody is held back. */
  readonly drain: () => void
  readonly loads: () => Readonly<Record<RequestKind, AdmissionLoad>>
  /** Connections that are not read. */
  readonly held: () => number
}

/** How many callers are read again for each request that was answered meanwhile, beyond those there is room for. */
const callersPerAnswer = 0.1
/** How many are read again in any case, each time. */
const callersAnyway = 5
/** How many are read again besides, each time, if this thread did nothing meanwhile: what there is time for can be refused. */
const callersWhenIdle = 100
/** Up to this share of its time the thread may wait for what others do on the same processor: signatures, commits. */
const idleAtWork = 0.5
/** How long one line of the log speaks for all refusals of a kind, in milliseconds. */
const quiet = 10_000

const idleShare = (): (() => number) => {
  let before = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    return 1 - utilization
  }
}

const kindOf = ({ method, path }: Pick<HttpRequest, 'method' | 'path'>): RequestKind =>
  method === 'POST' && !path.endsWith('/introspect') ? 'write' : 'read'

/** The same for everybody, made once: a reference and an audit event would cost what a request does. */
const busy: HttpResponse = Object.freeze({
  ...json(
    503,
    { error: 'temporarily_unavailable', error_description: 'The server is busy. Try again later.' },
    { ...noStore, 'retry-after': '1' },
  ),
  holdBack: true,
})

/**
 * Turns requests away, before anything of them is parsed or verified, when more come than can be answered. Refusing is not for
 * free: a refused caller's connection is read again at a pace that leaves most of the time to those who are served.
 * @param elapsed milliseconds that never jump
 * @param later runs an action so many milliseconds later
 */
export const createLoadShedding = ({
  limits,
  answerTime,
  deadlines,
  late,
  parked,
  elapsed,
  idle = idleShare(),
  log,
  later = (action, milliseconds) => void setTimeout(action, milliseconds),
}: {
  /** Of each kind. */
  readonly limits: AdmissionLimits
  /** Milliseconds from the arrival of a request to its answer, whatever it waits for. */
  readonly answerTime: number
  readonly deadlines: Deadlines
  readonly late: LateAnswer
  /** Requests that wait for what is not the work of this process, and take no place. */
  readonly parked: () => number
  readonly elapsed: () => number
  /** The share of the time since the last call, 0 to 1, in which this thread had nothing to do. */
  readonly idle?: () => number
  readonly log: Log
  readonly later?: (action: () => void, milliseconds: number) => void
}): LoadShedding => {
  const patience = Math.min(limits.patience, answerTime)
  const admission = (): Admission =>
    createAdmission({ ...limits, patience, parked, heldBack: () => connections.size(), elapsed, later })
  const kinds: Readonly<Record<RequestKind, Admission>> = { write: admission(), read: admission() }
  const told = {
    write: { at: Number.NEGATIVE_INFINITY, refused: 0 },
    read: { at: Number.NEGATIVE_INFINITY, refused: 0 },
  }

  let answeredBefore = 0
  const room = (): number => {
    const loads = Object.values(kinds).map(({ load }) => load())
    const answered = loads.reduce((sum, load) => sum + load.answered, 0) - answeredBefore
    answeredBefore += answered
    // Where half of the places were free all the time the overload is over; where a few are, those who are served come back for them.
    const most = Math.max(...Object.values(kinds).map(({ mostSince }) => mostSince()))
    const free = most * 2 <= limits.concurrent ? limits.concurrent - most : 0
    const affordable =
      answered * callersPerAnswer + (Math.max(0, idle() - idleAtWork) / (1 - idleAtWork)) * callersWhenIdle
    return Math.max(callersAnyway, free, Math.ceil(affordable))
  }
  const connections = createHeldConnections({ room, elapsed, later })

  const refuse = (name: RequestKind): HttpResponse => {
    const last = told[name]
    const now = elapsed()
    if (now - last.at >= quiet) {
      const { refused, inFlight, waiting } = kinds[name].load()
      log.warn('shedding load', { kind: name, refused: refused - last.refused, inFlight, waiting })
      last.at = now
      last.refused = refused
    }
    return busy
  }

  return {
    shed: (handle) => {
      const work = async (admission: Admission, request: HttpRequest): Promise<HttpResponse> => {
        try {
          return await handle(request)
        } finally {
          admission.leave()
        }
      }
      return async (request) => {
        const name = kindOf(request)
        const admission = kinds[name]
        const due = elapsed() + answerTime
        const entrance = admission.enter()
        const admitted = typeof entrance === 'string' ? entrance === 'admitted' : await entrance
        if (!admitted) return refuse(name)
        return deadlines.keep(name, work(admission, request), { due }, () => late(name, request))
      }
    },
    turnAway: (request) => {
      const name = kindOf(request)
      return kinds[name].turnAway() ? refuse(name) : undefined
    },
    holdBack: connections.hold,
    drain: connections.releaseAll,
    loads: () => ({ write: kinds.write.load(), read: kinds.read.load() }),
    held: connections.size,
  }
}
