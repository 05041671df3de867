import { parseForm } from '@mintmark/protocol'
import { vectors } from './pack.ts'

/** Answers by token of the vectors that say what an issuer answers. */
const answers = new Map(
  vectors.flatMap(({ request, introspection }) =>
    introspection === undefined ? [] : [[request.headers[0]?.[1].slice('Bearer '.length), introspection] as const],
  ),
)

const endpoint = '/introspect'

const answerOf = async (url: URL, body: string): Promise<{ readonly status: number; readonly body: unknown }> => {
  if (url.pathname === endpoint)
    return answers.get(parseForm(body).get('token')) ?? { status: 200, body: { active: false } }
  // RFC 8414 §3.1, both ways to write it.
  const path = url.pathname.replace(/\/?\.well-known\/[a-z-]+/, '')
  const issuer = `${url.origin}${path}`
  return { status: 200, body: { issuer, introspection_endpoint: `${url.origin}${endpoint}` } }
}

/** The issuers of the pack as far as they are asked anything: their metadata, and what they say of a token. */
export const fetchOfIssuers: typeof globalThis.fetch = async (resource, init) => {
  const { status, body } = await answerOf(new URL(String(resource)), String(init?.body ?? ''))
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
}
