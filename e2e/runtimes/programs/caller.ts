import { authorizedFetch, type TokenSource, tokenSource } from '@mintmark/client'

// A machine client as a handler, which every runtime can serve: it calls the API with a token of its own.

type Environment = Readonly<Record<string, string | undefined>>

/** A worker is given its settings, other runtimes have them in `process`. */
const settings = (given: Environment): Environment => globalThis.process?.env ?? given

/** Milliseconds that the clock was moved. */
let ahead = 0
const now = () => performance.now() + ahead

const make = ({ ISSUER = '', CLIENT_ID = '', CLIENT_SECRET = '', TOKEN_SCOPE = '' }: Environment): TokenSource =>
  tokenSource({ issuer: ISSUER, clientId: CLIENT_ID, credential: CLIENT_SECRET, scope: TOKEN_SCOPE, now })

let source: TokenSource | undefined

async function answer(request: Request, environment: Environment): Promise<Response> {
  source ??= make(environment)
  const tokens = source
  const { pathname, searchParams } = new URL(request.url)
  switch (pathname) {
    case '/health':
      return Response.json({ ok: true })
    case '/advance':
      ahead += Number(searchParams.get('minutes')) * 60_000
      return Response.json({ ahead })
    case '/runtime':
      return Response.json(globalThis.navigator?.userAgent ?? `Node ${process.version}`)
    case '/tokens': {
      const all = await Promise.all(Array.from({ length: 100 }, () => tokens.token()))
      return Response.json({ different: new Set(all.map(({ value }) => value)).size, scopes: all[0]?.scopes })
    }
    case '/call': {
      const response = await authorizedFetch(tokens)(environment.API ?? '')
      return new Response(await response.text(), { status: response.status })
    }
    case '/redirected': {
      // By way of a server that redirects to another, which answers with the Authorization it saw.
      const response = await authorizedFetch(tokens)(searchParams.get('to') ?? '')
      return new Response(await response.text(), { status: response.status })
    }
    case '/refused': {
      const wrong = make({ ...environment, CLIENT_SECRET: 'wrong' })
      const error = await wrong.token().catch((error: Error & { code?: string }) => error)
      return Response.json('code' in error ? { code: error.code, message: error.message } : {})
    }
    default:
      return new Response(undefined, { status: 404 })
  }
}

export default { fetch: (request: Request, given: Environment) => answer(request, settings(given)) }
