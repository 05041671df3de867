import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startProxy } from '@mintmark/gateway'
import { decideInFront } from './decide-in-front.ts'
import { echoApi } from './echo-api.ts'
import { environment, gatewayTable } from './gateway-table.ts'
import { fetchOfIssuers } from './issuers.ts'
import { now, vectors } from './pack.ts'
import { disagreements } from './run-vectors.ts'
import { atTarget } from './targets.ts'

test('mintmark proxy decides every vector as it says, and what it refuses never reaches the API', async () => {
  const api = await echoApi()
  const running = new Map<string, ReturnType<typeof startProxy>>()
  after(async () => {
    for (const proxy of running.values()) await (await proxy).close({ timeout: 0 })
    api.close()
  })
  const proxyOf = (settings: string) => {
    const known = running.get(settings)
    if (known !== undefined) return known
    const routes = { text: gatewayTable(settings) }
    const started = startProxy({
      routes,
      upstream: api.url,
      environment,
      fetch: fetchOfIssuers,
      currentTime: () => now * 1_000,
    })
    running.set(settings, started)
    return started
  }
  const urlOf = async ({ settings }: { readonly settings: string }) => (await proxyOf(settings)).url
  const decide = decideInFront({ target: 'proxy', urlOf, reached: api.reached })
  assert.deepEqual(
    await disagreements(
      vectors.map((vector) => atTarget('proxy', vector)),
      decide,
    ),
    [],
  )
})
