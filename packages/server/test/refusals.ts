import assert from 'node:assert/strict'
import { auditOf } from './configure.ts'
import type { TestServer } from './fixtures.ts'

/** What every refusal of an OAuth endpoint is: RFC 6749 §5.2 JSON, uncacheable, and neither token nor hint of the request. */
export const assertRefused = async (
  response: Response,
  status: number | readonly number[],
  error: string | readonly string[],
): Promise<void> => {
  const text = await response.text()
  assert.ok([status].flat().includes(response.status), `${response.status} ${text}`)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  assert.match(response.headers.get('cache-control') ?? '', /no-store/)
  const body = JSON.parse(text) as Record<string, unknown>
  assert.deepEqual(Object.keys(body), ['error', 'error_description'])
  assert.ok([error].flat().includes(String(body.error)), text)
  if (response.status === 401) assert.ok(response.headers.get('www-authenticate'))
}

/** The audit event of a refusal, found by the reference in its header; it must be there before the answer. */
export const refusalEvent = async (
  server: TestServer,
  response: Response,
): Promise<Readonly<Record<string, unknown>>> => {
  const reference = response.headers.get('mintmark-reference')
  assert.ok(reference !== null, 'a refusal has a reference')
  const [event, ...others] = await auditOf(server.store, { reference })
  assert.ok(event !== undefined && others.length === 0)
  return event
}

/** How many tokens were issued so far, by the audit log. */
export const issuedCount = async (server: TestServer): Promise<number> =>
  (await auditOf(server.store, { types: ['token.issued'] })).length
