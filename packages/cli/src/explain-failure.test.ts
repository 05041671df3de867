import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenError } from '@mintmark/client'
import { AdminError } from '@mintmark/client/admin'
import { explainFailure } from './explain-failure.ts'

const problem = (status: number, code: string, more: object = {}) =>
  new AdminError({
    type: `urn:mintmark:problem:${code}`,
    title: '',
    status,
    detail: 'It is so.',
    reference: 'R1',
    ...more,
  })

test('the status of a problem decides the exit code', () => {
  const codes = [400, 401, 403, 404, 409, 412, 422, 503].map((status) => explainFailure(problem(status, 'x')).exitCode)
  assert.deepEqual(codes, [1, 4, 4, 3, 1, 1, 1, 1])
})

test('what broke the rules is listed, unless the sentence says it already', () => {
  const errors = [
    { path: '/a', message: 'is wrong' },
    { path: '', message: 'as a whole' },
  ]
  assert.deepEqual(explainFailure(problem(400, 'invalid-input', { errors })).details, ['/a: is wrong', 'as a whole'])
  const one = [{ path: '/audience', message: 'it is so' }]
  assert.deepEqual(explainFailure(problem(400, 'invalid-input', { errors: one })).details, [])
  const conflicts = ['it is SO']
  assert.deepEqual(explainFailure(problem(409, 'conflict', { conflicts, detail: 'Because it is so.' })).details, [])
})

test('a server that cannot be reached comes with what to do', () => {
  const hint = (code: 'unreachable' | 'invalid_response', message: string, status?: number) =>
    explainFailure(new TokenError(code, message, { status })).hint ?? ''
  assert.match(hint('unreachable', 'x could not be reached (ECONNREFUSED)'), /is the server running/)
  assert.match(hint('unreachable', 'x could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT)'), /--ca-file/)
  assert.match(hint('invalid_response', 'x answered 413', 413), /larger than the server takes/)
})

test('a refusal of a client ends with 4 and its reference; what nobody foresaw ends with 1', () => {
  const refused = explainFailure(new TokenError('refused', 'no', { reference: 'R2' }))
  assert.deepEqual([refused.exitCode, refused.reference, refused.hint], [4, 'R2', 'mintmark explain R2 shows why'])
  assert.equal(explainFailure(new TokenError('insecure_url', 'no')).exitCode, 2)
  assert.equal(explainFailure('thrown').exitCode, 1)
})
