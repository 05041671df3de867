import type { Vector } from './vector.ts'

/** What a verifier or a server made of a vector. */
export interface Outcome {
  readonly status: number
  /** Members of the challenge but `error_description`; null when there is none. */
  readonly challenge: Readonly<Record<string, string>> | null
  /** What the API saw of the token; undefined when the API was not reached. */
  readonly token?: unknown
}

/** Asks about one vector. */
export type Decide = (vector: Vector) => Promise<Outcome>

const atOnce = 16

/** Runs vectors and returns the sentences that say where the outcome is another than the vector's; none when all agree. */
export async function disagreements(vectors: readonly Vector[], decide: Decide): Promise<readonly string[]> {
  const waiting = [...vectors]
  const found: string[] = []
  const worker = async () => {
    for (let vector = waiting.shift(); vector !== undefined; vector = waiting.shift()) {
      const outcome = await decide(vector).catch((error: unknown) => ({ failed: String(error) }))
      const wanted = JSON.stringify(expectedOutcome(vector))
      const got = JSON.stringify(outcome)
      if (wanted !== got) found.push(`${vector.id}: ${vector.title.slice(0, 100)}\n  wanted ${wanted}\n  got    ${got}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return found.sort()
}

/** The outcome a vector describes, its members in the order of `outcomeOf`. */
export function expectedOutcome({ expect }: Vector): Outcome {
  if (expect.decision === 'allow') return outcomeOf(expect.status, null, expect.token)
  return outcomeOf(expect.status, expect.challenge)
}

/** How a server refuses what is no HTTP message is its own affair, and stands for this. */
export const unreadable: Outcome = { status: 400, challenge: null }

export function outcomeOf(status: number, challenge: Outcome['challenge'], token?: unknown): Outcome {
  const sorted = challenge && Object.fromEntries(Object.entries(challenge).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { status, challenge: sorted, ...(token === undefined ? {} : { token: seenToken(token) }) }
}

function seenToken(token: unknown) {
  const { issuer, clientId, subject, scopes } = token as Readonly<Record<string, unknown>>
  return { issuer, clientId, subject, scopes }
}
