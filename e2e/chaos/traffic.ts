import { writeBasic } from '@mintmark/protocol'
import { type Cluster, demo } from './cluster.ts'
import type { Answer, Journal, Question } from './journal.ts'

/** Requests under way at the most: a machine that cannot carry the pace is asked more slowly, which `latest` tells. */
const mostUnderWay = 300
/** Requests sent without looking at anything else. */
const atOnce = 20

/** What a scenario runs under, if it asks for no more. */
const steady: Load = { pace: 30, administrationInterval: 700 }
/** Longer than any declared bound of an answer. */
const patience = 12_000

export const jtiOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { readonly jti?: string }).jti ?? ''

type Reply = { readonly answer: Answer; readonly body: Readonly<Record<string, unknown>> }

/** Asks an endpoint of the demo workspace as one of its clients, and notes what came. */
export const ask = async (
  journal: Journal,
  target: { readonly issuer: string; readonly client: string; readonly secret: string },
  question: Question,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Reply> => {
  const at = performance.now()
  let status = 0
  let node = ''
  let error = ''
  let body: Readonly<Record<string, unknown>> = {}
  try {
    const response = await fetch(`${target.issuer}${path}`, {
      method: 'POST',
      headers: { authorization: writeBasic(target.client, target.secret) },
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(patience),
    })
    status = response.status
    node = response.headers.get('x-node') ?? ''
    const text = await response.text()
    body = text.startsWith('{') ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {}
    error = String(body.error ?? '')
  } catch (cause) {
    status = 0
    error =
      cause instanceof Error
        ? `${cause.name} ${String((cause.cause as { code?: string } | undefined)?.code ?? '')}`
        : 'unknown'
  }
  const answer: Answer = { question, at, took: performance.now() - at, status, node, error }
  journal.answers.push(answer)
  return { answer, body }
}

/** Takes a token of the demo's client and notes it. */
export const takeToken = async (
  journal: Journal,
  cluster: Pick<Cluster, 'secrets'>,
  issuer: string,
  client = 'weather-website',
  secret = cluster.secrets[client] ?? '',
): Promise<{ readonly answer: Answer; readonly token: string | undefined }> => {
  const { answer, body } = await ask(journal, { issuer, client, secret }, 'token', '/oauth2/token', {
    grant_type: 'client_credentials',
  })
  if (answer.status !== 200) return { answer, token: undefined }
  const token = String(body.access_token)
  journal.issued.add(jtiOf(token))
  return { answer, token }
}

export type Load = {
  /** Requests a second, of all kinds. */
  readonly pace: number
  /** Milliseconds between changes by an administrator. */
  readonly administrationInterval: number
}

export type Traffic = {
  readonly stop: () => Promise<void>
  /** Milliseconds by which a request was sent later than its time, at the most. */
  readonly latest: () => number
}

type Disabled = { readonly client: string; readonly secret: string; readonly at: number }

/**
 * Steady traffic through the load balancer, at its own pace whatever comes back: tokens, questions about live and revoked
 * ones, revocations, clients that are made and disabled, and what was disabled trying again.
 */
export const startTraffic = (
  cluster: Cluster,
  journal: Journal,
  name: string,
  { pace, administrationInterval }: Load = steady,
): Traffic => {
  const { issuer, secrets, admin } = cluster
  const underWay = new Set<Promise<unknown>>()
  const live: string[] = []
  const disabled: Disabled[] = []
  let count = 0
  let clients = 0

  const keep = (work: Promise<unknown>): void => {
    underWay.add(work)
    work.finally(() => underWay.delete(work))
  }
  const as = (client: string) => ({ issuer, client, secret: secrets[client] ?? '' })

  const take = async (): Promise<void> => {
    const { token } = await takeToken(journal, cluster, issuer)
    if (token === undefined) return
    live.push(token)
    if (live.length > 200) live.shift()
  }
  const introspect = async (token: string): Promise<void> => {
    const { answer, body } = await ask(journal, as('weather-api'), 'introspect', '/oauth2/introspect', { token })
    const revoked = journal.revoked.get(jtiOf(token))
    if (body.active !== true || revoked === undefined || answer.at < revoked.at) return
    journal.stale.push({ what: `revoked token at ${answer.node}`, at: answer.at, after: answer.at - revoked.at })
  }
  const revoke = async (): Promise<void> => {
    const token = live.shift()
    if (token === undefined) return
    const { answer } = await ask(journal, as('weather-website'), 'revoke', '/oauth2/revoke', { token })
    if (answer.status === 200) journal.revoked.set(jtiOf(token), { at: performance.now(), token })
  }
  const askAboutRevoked = (): Promise<void> | undefined => {
    const recent = [...journal.revoked.values()].slice(-20)
    const chosen = recent[count % Math.max(1, recent.length)]
    return chosen && introspect(chosen.token)
  }
  const tryDisabled = async (): Promise<void> => {
    const chosen = disabled.at(-1 - (count % Math.max(1, Math.min(10, disabled.length))))
    if (chosen === undefined) return
    const { answer, token } = await takeToken(journal, cluster, issuer, chosen.client, chosen.secret)
    if (token === undefined || answer.at < chosen.at) return
    journal.stale.push({ what: `disabled client at ${answer.node}`, at: answer.at, after: answer.at - chosen.at })
  }

  const administer = async (): Promise<void> => {
    clients += 1
    const id = `${name}-${clients}`
    const noted = async <T>(act: () => Promise<T>): Promise<T | undefined> => {
      const at = performance.now()
      const answer = { question: 'administer', at, node: '' } as const
      try {
        const result = await act()
        journal.answers.push({ ...answer, took: performance.now() - at, status: 200, error: '' })
        return result
      } catch (error) {
        const { status = 0, message } = error as { readonly status?: number; readonly message: string }
        journal.answers.push({ ...answer, took: performance.now() - at, status, error: message })
        return undefined
      }
    }
    journal.clients.set(id, undefined)
    const made = await noted(() =>
      admin.createClient(demo, {
        id,
        capabilities: ['client_credentials'],
        permissions: [{ api: 'weather', scopes: ['weather:read'] }],
        secret: { type: 'generated' },
      }),
    )
    if (made === undefined) return
    journal.clients.set(id, true)
    const secret = made.secret?.secret ?? ''
    // Known to nodes before it is disabled.
    for (let each = 0; each < 3; each += 1) await takeToken(journal, cluster, issuer, id, secret)
    journal.clients.set(id, undefined)
    const done = await noted(() => admin.updateClient({ ...demo, client: id }, { enabled: false }))
    if (done === undefined) return
    journal.clients.set(id, false)
    disabled.push({ client: id, secret, at: performance.now() })
  }

  const round = ['take', 'revoked', 'take', 'live', 'disabled', 'take', 'revoke', 'revoked', 'take', 'live'] as const
  const send = (): void => {
    count += 1
    const next = round[count % round.length]
    const token = live[count % Math.max(1, live.length)]
    if (next === 'take') keep(take())
    else if (next === 'revoke') keep(revoke())
    else if (next === 'disabled') keep(tryDisabled())
    else if (next === 'revoked') keep(askAboutRevoked() ?? Promise.resolve())
    else if (token !== undefined) keep(introspect(token))
  }
  const began = performance.now()
  let latest = 0
  const tick = setInterval(() => {
    // What is due is sent, however late this came.
    for (let sent = 0; sent < atOnce && underWay.size < mostUnderWay; sent += 1) {
      const late = performance.now() - began - ((count + 1) * 1000) / pace
      if (late < 0) break
      latest = Math.max(latest, late)
      send()
    }
  }, 5)
  const administration = setInterval(() => keep(administer()), administrationInterval)
  return {
    stop: async () => {
      clearInterval(tick)
      clearInterval(administration)
      await Promise.all(underWay)
    },
    latest: () => latest,
  }
}
