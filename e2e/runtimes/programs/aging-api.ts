import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/fetch'

// An API whose clock can be moved, to see what happens between requests on each runtime.

type Environment = Readonly<Record<string, string | undefined>>

let ahead = 0

function aging({ ISSUER = '', AUDIENCE = '' }: Environment) {
  const api = protect({ issuer: ISSUER, audience: AUDIENCE, now: () => performance.now() + ahead })
  return requireToken(api, [], (_request: Request, token) => Response.json(token.clientId))
}

let show: ReturnType<typeof aging> | undefined

async function answer(request: Request, environment: Environment): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  if (pathname === '/advance') ahead += Number(searchParams.get('minutes')) * 60_000
  if (pathname !== '/') return Response.json({ ahead })
  show ??= aging(environment)
  return show(request)
}

export default { fetch: (request: Request, given: Environment) => answer(request, globalThis.process?.env ?? given) }
