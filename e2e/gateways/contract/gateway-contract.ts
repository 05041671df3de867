import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import type { GatewaySurroundings, RunningGateway } from '../gateway-server.ts'
import { decisionContract } from './decisions.ts'
import type { GuardedWorkspace } from './guarded-workspace.ts'
import { identityContract } from './identity.ts'
import { messageContract } from './messages.ts'
import { type Answer, type RawRequest, send } from './raw-request.ts'
import { type RecordingApi, startRecordingApi } from './recording-api.ts'
import { stateContract } from './states.ts'

/** What stands in front of the API in one run of the contract. */
export type Front = {
  readonly name: string
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

/** Holds every front to the one list of requests. Their programs are got first, so that nothing is waited for between tests. */
export const gatewayContract = async (fronts: readonly Front[], workspace: GuardedWorkspace): Promise<void> => {
  const skips: (string | false)[] = []
  for (const front of fronts) skips.push(await front.skip())
  for (const [index, front] of fronts.entries()) testFront(front, skips[index] ?? false, workspace)
}

const testFront = (front: Front, skip: string | false, workspace: GuardedWorkspace): void => {
  describe(front.name, { skip }, () => {
    let api: RecordingApi
    let running: RunningFront
    before(async () => {
      api = await startRecordingApi()
      running = await front.start({ upstreamUrl: api.url }, workspace)
    })
    after(async () => {
      await running?.stop()
      await api?.close()
    })

    const ask = (request: RawRequest) => send(running.url, request)
    const stage: Stage = {
      front,
      workspace,
      ask,
      url: () => running.url,
      arrivals: () => api.arrivals,
      askInVain: async (request) => {
        const before = api.arrivals.length
        const answer = await ask(request)
        assert.deepEqual(api.arrivals.slice(before), [], `${request.target} reached the API`)
        assert.equal(answer.headers['x-api'], undefined)
        return answer
      },
      stopVerifier: async () => running.stopVerifier?.(),
      startVerifier: async () => running.startVerifier?.(),
    }
    identityContract(stage)
    decisionContract(stage)
    messageContract(stage)
    stateContract(stage)
  })
}
