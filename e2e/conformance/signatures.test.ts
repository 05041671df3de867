import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Algorithm } from '@mintmark/resource-server'
import { compactVerify, importJWK } from 'jose'
import { verifyCompact } from '../../packages/resource-server/test/verify-compact.ts'
import { signatures } from './pack.ts'
import type { PrintedSignature } from './vector.ts'

const byJose = async ({ jws, jwk, algorithm }: PrintedSignature) => {
  await compactVerify(jws, await importJWK(jwk, algorithm), { algorithms: [algorithm] })
}
const byUs = ({ jws, jwk, algorithm }: PrintedSignature) =>
  verifyCompact(jws, jwk, { algorithms: [algorithm as Algorithm] })

/** The same signature over something else. */
const moved = (signature: PrintedSignature): PrintedSignature => {
  const [header, , octets] = signature.jws.split('.')
  return { ...signature, jws: `${header}.e30.${octets}` }
}

test('SEC-247: the signatures that RFCs print verify, by our functions and by jose, and over nothing else', async () => {
  for (const signature of signatures) {
    for (const verify of [byJose, byUs]) {
      await verify(signature).catch((error: Error) => assert.fail(`${signature.id}: ${error.message}`))
      await assert.rejects(verify(moved(signature)), signature.id)
    }
  }
})
