import type { GatewaySurroundings, RunningGateway } from '../gateway-server.ts'
import type { GuardedWorkspace } from './guarded-workspace.ts'
import type { Answer, RawRequest } from './raw-request.ts'
import type { RecordingApi } from './recording-api.ts'

/** What stands in front of the API in one run of the contract. */
export type Front = {
  readonly name: string
  /** Whether it speaks HTTP/2 without TLS. */
  readonly http2: boolean
  readonly skip: () => Promise<string | false>
  /** Starts it with a verifier of its own. */
  readonly start: (
    surroundings: Pick<GatewaySurroundings, 'upstreamUrl'>,
    workspace: GuardedWorkspace,
  ) => Promise<RunningFront>
  /** What the caller gets while the verifier does not answer; undefined for a front that is its own verifier. */
  readonly statusWithoutVerifier?: number
}

export type RunningFront = RunningGateway & {
  readonly stopVerifier?: () => Promise<void>
  readonly startVerifier?: () => Promise<void>
}

/** A front with an API behind it, to which requests are sent. */
export type Stage = {
  readonly front: Front
  readonly workspace: GuardedWorkspace
  readonly ask: (request: RawRequest) => Promise<Answer>
  /** Sends what must be refused. @returns the answer, when nothing of it has reached the API */
  readonly askInVain: (request: RawRequest) => Promise<Answer>
  readonly url: () => string
  /** What has reached the API so far. */
  readonly arrivals: () => RecordingApi['arrivals']
  readonly stopVerifier: () => Promise<void>
  readonly startVerifier: () => Promise<void>
}
