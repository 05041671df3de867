import type { Front } from './contract/stage.ts'
import type { GatewayServer } from './gateway-server.ts'
import { startVerifierProcess } from './verifier-process.ts'

/** A gateway with `mintmark gateway` beside it, each a program of its own. */
export const withVerifier = (server: GatewayServer): Front => ({
  name: server.name,
  skip: server.skip,
  http2: server.http2,
  statusWithoutVerifier: server.statusWithoutVerifier,
  start: async ({ upstreamUrl }, workspace) => {
    let verifier = await startVerifierProcess('gateway', workspace)
    const running = await server.start({ verifierUrl: verifier.url, upstreamUrl })
    const port = Number(new URL(verifier.url).port)
    return {
      ...running,
      stopVerifier: () => verifier.stop(),
      startVerifier: async () => {
        verifier = await startVerifierProcess('gateway', workspace, { port })
      },
      stop: async () => {
        await running.stop()
        await verifier.stop()
      },
    }
  },
})

/** `mintmark proxy`, for those who have no gateway. */
export const mintmarkProxy: Front = {
  name: 'mintmark proxy',
  http2: false,
  skip: async () => false,
  start: ({ upstreamUrl }, workspace) =>
    startVerifierProcess('proxy', workspace, { flags: ['--upstream', upstreamUrl, '--operations', 'none'] }),
}
