import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeForm } from '@mintmark/protocol'
import { create } from '../configure.ts'
import { bodyOf, startFaultyApp } from '../faulty-app.ts'
import { casesFounding } from '../fixtures.ts'
import { createPlatform, platformClaims } from '../platforms.ts'

const workspace = casesFounding.workspace
const issuer = `http://localhost:6749/${workspace}`

test('while trusts, clients or used tokens cannot be read it cannot be decided, and nothing is issued', async (context) => {
  const faulty = await startFaultyApp(context, {
    ...casesFounding,
    clients: {
      ...casesFounding.clients,
      job: { ...casesFounding.clients.cb, capabilities: ['jwt_bearer'], authenticationMethods: ['federated'] },
    },
  })
  const platform = createPlatform('ES256')
  const [jwk] = platform.jwks.keys
  const key = { algorithm: 'ES256', kid: 'k1', jwk: { kty: jwk?.kty, crv: jwk?.crv, x: jwk?.x, y: jwk?.y } }
  const trust = { issuer: 'https://cluster.example', keys: { type: 'jwks', keys: [key] }, singleUse: true }
  const match = [{ claim: 'sub', equals: 'system:serviceaccount:billing:invoices' }]
  const place = { store: faulty.store, clock: faulty.clock, workspace }
  await create(place, 'trust', 'cluster', trust)
  await create(place, 'credential', 'pod', { type: 'federated', trust: 'cluster', match, created: 0 }, 'job')
  const moment = () => ({ now: Math.floor(faulty.clock.now() / 1000), audience: issuer })
  const ask = async () => {
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: platform.token(platformClaims.kubernetes(moment(), 'https://cluster.example')),
    }
    const response = await faulty.app.handlePublic({
      method: 'POST',
      path: `/${workspace}/oauth2/token`,
      query: '',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      rawHeaders: [],
      body: Buffer.from(encodeForm(Object.entries(form))),
      address: '127.0.0.1',
    })
    return [response.status, bodyOf(response).error]
  }
  for (const fault of ['configuration.readAll', 'configuration.list', 'configuration.readClient', 'singleUse.use']) {
    await faulty.restart()
    faulty.faults.add(fault)
    assert.deepEqual(await ask(), [503, 'temporarily_unavailable'], fault)
    faulty.faults.clear()
    assert.deepEqual(await ask(), [200, undefined], fault)
  }
})
