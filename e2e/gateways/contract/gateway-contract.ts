import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { decisionContract } from './decisions.ts'
import type { GuardedWorkspace } from './guarded-workspace.ts'
import { http2Contract } from './http2.ts'
import { identityContract } from './identity.ts'
import { messageContract } from './messages.ts'
import { type RawRequest, send } from './raw-request.ts'
import { type RecordingApi, startRecordingApi } from './recording-api.ts'
import type { Front, RunningFront, Stage } from './stage.ts'
import { stateContract } from './states.ts'

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
    http2Contract(stage)
    stateContract(stage)
  })
}
