import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startGateway } from '@mintmark/gateway'
import { readChallenge } from './challenge.ts'
import { gatewayQuestions } from './gateway-questions.ts'
import { environment, gatewayTable, tokenOfHeaders } from './gateway-table.ts'
import { fetchOfIssuers } from './issuers.ts'
import { now, vectors } from './pack.ts'
import { rawRequest } from './raw-request.ts'
import { type Decide, disagreements, outcomeOf } from './run-vectors.ts'
import { atTarget } from './targets.ts'

/** What is no HTTP message is refused by the gateway itself, which then has nothing to ask. */
const asked = vectors.filter(({ http }) => http === undefined)

const running = new Map<string, ReturnType<typeof startGateway>>()
after(async () => {
  for (const gateway of running.values()) await (await gateway).close({ timeout: 0 })
})

const verifierOf = (settings: string) => {
  const known = running.get(settings)
  if (known !== undefined) return known
  const started = startGateway({
    routes: { text: gatewayTable(settings) },
    environment,
    fetch: fetchOfIssuers,
    currentTime: () => now * 1_000,
  })
  running.set(settings, started)
  return started
}

for (const { gateway, ask } of gatewayQuestions) {
  test(`asked as ${gateway} asks, the gateway verifier decides every vector as it says`, async () => {
    const decide: Decide = async ({ settings, request }) => {
      const { url } = await verifierOf(settings)
      const { status, headers } = await rawRequest(url, ask(request))
      const line = (name: string) => headers.find(([other]) => other === name)?.[1]
      if (status === 200) return outcomeOf(status, null, tokenOfHeaders(line))
      const challenge = line('www-authenticate')
      return outcomeOf(status, challenge === undefined ? null : readChallenge(challenge))
    }
    assert.deepEqual(
      await disagreements(
        asked.map((vector) => atTarget(`question-of-${gateway}`, vector)),
        decide,
      ),
      [],
    )
  })
}
