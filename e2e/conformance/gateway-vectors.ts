import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startGateway } from '@mintmark/gateway'
import type { GatewayServer } from '../gateways/gateway-server.ts'
import { decideInFront } from './decide-in-front.ts'
import { echoApi } from './echo-api.ts'
import { environment, gatewayTable } from './gateway-table.ts'
import { fetchOfIssuers } from './issuers.ts'
import { now, vectors } from './pack.ts'
import { disagreements } from './run-vectors.ts'
import { atTarget } from './targets.ts'

/** The verifier runs in this process, so that its clock can be told what the time is. */
const changingVerifier = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mintmark-conformance-'))
  const file = join(folder, 'routes.json')
  const write = (settings: string) => writeFileSync(file, gatewayTable(settings))
  write('one-issuer')
  const gateway = await startGateway({
    routes: { file },
    environment,
    fetch: fetchOfIssuers,
    currentTime: () => now * 1_000,
    watchInterval: 3_600_000,
  })
  return {
    url: gateway.url,
    use: (settings: string) => {
      write(settings)
      assert.ok(gateway.reload(), settings)
    },
    close: async () => {
      await gateway.close({ timeout: 0 })
      rmSync(folder, { recursive: true })
    },
  }
}

/** Runs every vector through real gateways, each with its configuration from `deploy`. */
export async function testGateways(servers: readonly GatewayServer[]): Promise<void> {
  for (const { name, skip: reasonToSkip, start } of servers) {
    const skip = await reasonToSkip()
    test(`behind ${name} every vector is decided as it says, and what is refused never reaches the API`, {
      skip,
    }, async (context) => {
      const api = await echoApi()
      const verifier = await changingVerifier()
      context.after(async () => {
        api.close()
        await verifier.close()
      })
      const gateway = await start({ verifierUrl: verifier.url, upstreamUrl: api.url })
      context.after(gateway.stop)
      const decide = decideInFront({ target: name, urlOf: async () => gateway.url, reached: api.reached })
      const found: string[] = []
      for (const [settings, ofSettings] of Map.groupBy(vectors, (vector) => vector.settings)) {
        verifier.use(settings)
        const expected = ofSettings.map((vector) => atTarget(name, vector))
        found.push(...(await disagreements(expected, decide)))
      }
      assert.deepEqual(found, [])
    })
  }
}
