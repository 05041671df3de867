import { type AdminClient, createAdminClient } from '@mintmark/client/admin'
import { writeBasic } from '@mintmark/protocol'
import type { ClientState, Journal } from './journal.ts'

/** Where the load goes, and as whom. */
export type LoadTarget = {
  readonly issuer: string
  readonly adminUrl: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly administrator: { readonly clientId: string; readonly clientSecret: string }
  /** Part of the ids of what this load makes. */
  readonly name: string
}

const place = { tenant: 'default', workspace: 'demo' }

const part = (token: string, index: number): { readonly jti?: string; readonly kid?: string } =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())

const jtiOf = (token: string): string => part(token, 1).jti ?? ''

class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The server said that it cannot know now, as it does when the disk stalls for seconds: not acknowledged, and no failure. */
const isUndecided = (error: unknown): boolean => (error as { readonly status?: unknown } | null)?.status === 503

const post = async ({ issuer, client }: LoadTarget, path: string, form: Record<string, string>): Promise<string> => {
  const response = await fetch(`${issuer}${path}`, {
    method: 'POST',
    headers: { authorization: writeBasic(client.id, client.secret) },
    body: new URLSearchParams(form),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Refused(response.status, `${path}: ${response.status} ${text}`)
  return text
}

const takeToken = async (target: LoadTarget, journal: Journal): Promise<string> => {
  const { access_token: token } = JSON.parse(
    await post(target, '/oauth2/token', { grant_type: 'client_credentials' }),
  ) as { access_token: string }
  journal.tokens.add(jtiOf(token))
  return token
}

const takeAndRevoke = async (target: LoadTarget, journal: Journal): Promise<void> => {
  const token = await takeToken(target, journal)
  await post(target, '/oauth2/revoke', { token })
  journal.revoked.set(jtiOf(token), part(token, 0).kid ?? '')
}

/** The life of one client: made with a secret, given another, switched off, deleted. */
const liveClient = async (admin: AdminClient, journal: Journal, id: string): Promise<void> => {
  const entry: { acknowledged: ClientState; asked: ClientState | undefined } = {
    acknowledged: 'absent',
    asked: undefined,
  }
  journal.clients.set(id, entry)
  const step = async <T>(state: ClientState, act: () => Promise<T>): Promise<T> => {
    entry.asked = state
    const result = await act()
    entry.acknowledged = state
    entry.asked = undefined
    return result
  }
  const at = { ...place, client: id }
  const made = await step('enabled', () =>
    admin.createClient(place, {
      id,
      capabilities: ['client_credentials'],
      permissions: [{ api: 'weather', scopes: ['weather:read'] }],
      secret: { type: 'generated' },
    }),
  )
  journal.secrets.add(`${id}/${made.secret?.id}`)
  const second = await step('enabled', () => admin.createSecret(at, { type: 'generated' }))
  journal.secrets.add(`${id}/${second.id}`)
  await step('disabled', () => admin.updateClient(at, { enabled: false }))
  if (id.endsWith('0')) await step('absent', () => admin.deleteClient(at))
}

const compromiseKey = async (admin: AdminClient, journal: Journal): Promise<void> => {
  const { items } = await admin.listKeys(place)
  const kid = items.find(({ use, state }) => use === 'sig' && state === 'active')?.kid
  if (kid === undefined) return
  await admin.compromiseKey({ ...place, kid })
  journal.compromised.add(kid)
}

/**
 * Requests tokens, revokes some, and makes, changes and deletes clients, until the server is gone.
 * @returns ends the load, and rejects with a failure that was not the server's end
 */
export const startLoad = (target: LoadTarget, journal: Journal, compromise: boolean): (() => Promise<void>) => {
  const admin = createAdminClient({ ...target.administrator, adminUrl: target.adminUrl, attempts: 1, timeout: 5000 })
  let stopped = false
  const failures: unknown[] = []
  const repeat = async (act: (count: number) => Promise<void>): Promise<void> => {
    for (let count = 0; !stopped; count += 1) {
      try {
        await act(count)
      } catch (error) {
        if (!stopped && isUndecided(error)) continue
        if (!stopped) failures.push(error)
        return
      }
    }
  }
  const running = [
    repeat(async () => void (await takeToken(target, journal))),
    repeat(async () => void (await takeToken(target, journal))),
    repeat(() => takeAndRevoke(target, journal)),
    repeat((count) => liveClient(admin, journal, `${target.name}-a-${count}`)),
    repeat((count) => liveClient(admin, journal, `${target.name}-b-${count}`)),
    ...(compromise ? [compromiseKey(admin, journal).catch(() => {})] : []),
  ]
  return async () => {
    stopped = true
    await Promise.all(running)
    if (failures.length > 0) throw failures[0]
  }
}
