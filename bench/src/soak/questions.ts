import { audienceOf, type BenchClient, scope } from '../contenders/target.ts'
import { post, provenRequests } from '../requests.ts'
import type { SoakServer } from './server-process.ts'
import type { Question } from './traffic.ts'

export type Kind = 'token' | 'introspection' | 'revocation' | 'assertion' | 'proof'

/** Out of a hundred requests; what is left are tokens by a secret. */
const shares: readonly (readonly [Kind, number])[] = [
  ['introspection', 30],
  ['revocation', 1],
  ['assertion', 2],
  ['proof', 2],
]

/** Tokens that are kept to be asked about. */
const mostTokens = 500

/** Assertions, or proofs, that are made together. */
const signedAtOnce = 10

const tokenIn = /"access_token":"([^"]+)"/

export type Questions = {
  /** The next one of the mixture. */
  readonly next: () => Question
  /** Time passed: what was issued or signed before is over, and nobody asks about it any more. */
  readonly forget: () => void
  /** So many of each kind so far. */
  readonly asked: Readonly<Record<Kind, number>>
}

/**
 * The mixture of a soak: tokens of both formats by secrets, some by assertions and some bound by DPoP; introspection; revocation.
 * @param keyHolders clients with keys instead of secrets
 * @param now the server's time, in milliseconds
 */
export const createQuestions = (
  { target }: SoakServer,
  keyHolders: readonly BenchClient[],
  now: () => number,
): Questions => {
  const { port, clients, introspector, tokenPath, introspectionPath, revocationPath } = target
  if (introspector === undefined) throw new Error('a soak introspects')
  const live: { readonly token: string; readonly client: BenchClient }[] = []
  const asked: Record<Kind, number> = { token: 0, introspection: 0, revocation: 0, assertion: 0, proof: 0 }
  const byAssertion = provenRequests({ ...target, clients: keyHolders }, 'es256', false, now)
  const byProof = provenRequests(target, 'es256', true, now)
  let count = 0

  const expectToken = { expect: '"access_token":"' }
  // A few at a time: they must be sent while they are new.
  const proven = { assertion: [] as string[], proof: [] as string[] }
  const nextProven = (kind: keyof typeof proven, make: typeof byProof): string => {
    if (proven[kind].length === 0) proven[kind] = [...make(signedAtOnce)]
    return proven[kind].pop() as string
  }

  const token = (): Question => {
    const client = clients[count % clients.length] as BenchClient
    const api = count % 3 === 0 ? 'opaque' : 'es256'
    return {
      request: post(port, tokenPath, client, { grant_type: 'client_credentials', scope, resource: audienceOf(api) }),
      ...expectToken,
      heard: (answer) => {
        const issued = tokenIn.exec(answer)?.[1]
        if (issued === undefined) return
        if (live.length >= mostTokens) live[count % mostTokens] = { token: issued, client }
        else live.push({ token: issued, client })
      },
    }
  }

  const questions: Readonly<Record<Kind, () => Question | undefined>> = {
    token,
    introspection: () => {
      const chosen = live[count % Math.max(1, live.length)]
      if (chosen === undefined) return undefined
      return {
        request: post(port, introspectionPath, introspector, { token: chosen.token }),
        // One that is being revoked at this moment is not active, and answered as rightly.
        expect: '{"active":',
      }
    },
    revocation: () => {
      const chosen = live.pop()
      if (chosen === undefined) return undefined
      return { request: post(port, revocationPath, chosen.client, { token: chosen.token }), expect: '' }
    },
    assertion: () => ({ request: nextProven('assertion', byAssertion), ...expectToken }),
    proof: () => ({ request: nextProven('proof', byProof), ...expectToken }),
  }

  const kindOf = (turn: number): Kind => {
    let below = 0
    for (const [kind, share] of shares) {
      below += share
      if (turn < below) return kind
    }
    return 'token'
  }

  return {
    next: () => {
      count += 1
      // 37 and 100 have no factor in common: each kind comes as often as it should, and not all of it at once.
      const kind = kindOf((count * 37) % 100)
      const question = questions[kind]()
      asked[question === undefined ? 'token' : kind] += 1
      return question ?? token()
    },
    forget: () => {
      live.length = 0
      proven.assertion.length = 0
      proven.proof.length = 0
    },
    asked,
  }
}
