import { type Form, OAuthError } from '@mintmark/protocol'
import type { Refuse } from '../audit/refusal.ts'
import { invalidClient } from '../client-auth/invalid-client.ts'
import type { ProveRollover } from '../client-auth/key-rollover.ts'
import { type HttpRequest, json, noStore } from '../lib/message.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import { type Decision, type Rolled, type Rollover, rolloverCapability } from '../registry/key-rollover.ts'
import type { CountKeyRollover, RollKey } from '../registry/roll-key.ts'
import type { Endpoint, Handler } from './endpoint.ts'
import { readForm } from './form-body.ts'

const parameter = 'rollover'

/** The one thing of the request: it proves the client itself, and nothing else may. @throws OAuthError `invalid_request` */
const requireRollover = (request: HttpRequest, form: Form): string => {
  const others = ['client_assertion', 'client_assertion_type', 'client_secret'].filter((name) => form.get(name))
  if (request.headers.authorization !== undefined || others.length > 0) {
    throw new OAuthError('invalid_request', 'The request uses more than one client authentication method.', {
      check: 'one-authentication-method',
      received: others.join(' ') || 'Authorization',
    })
  }
  const text = form.get(parameter)
  if (text === undefined) {
    throw new OAuthError('invalid_request', 'The rollover parameter is missing.', { check: 'rollover-present' })
  }
  return text
}

type Refused = Extract<Decision, { readonly outcome: 'refused' }>

const refusalOf = ({ reason, check, after }: Refused): OAuthError => {
  if (reason === 'signer') return invalidClient(check)
  if (reason === 'next') return new OAuthError('invalid_request', 'The next key cannot be taken.', { check })
  if (reason === 'client') {
    return new OAuthError('unauthorized_client', 'The client may not replace this key by itself.', {
      check,
      expected: rolloverCapability,
    })
  }
  return new OAuthError('temporarily_unavailable', 'The client has replaced its key too often.', {
    status: 429,
    check,
    headers: { 'retry-after': String(after ?? 60) },
  })
}

const epochSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

const answer = ({ kid, algorithm, expires, previous }: Rolled) => ({
  kid,
  alg: algorithm,
  ...(expires === undefined ? {} : { expires_at: epochSeconds(expires) }),
  previous_kid: previous.kid,
  ...(previous.drainsUntil === undefined ? {} : { previous_expires_at: epochSeconds(previous.drainsUntil) }),
})

/**
 * The client key roll-over endpoint, one of our own: a client that holds a key replaces it. The request is signed by the
 * present key, and in it is the next one, signed by itself; it is the client's authentication too. The same again is answered
 * the same; another successor of the same key freezes every key of the client.
 */
export const createClientKeyRolloverEndpoint = ({
  proveRollover,
  rollKey,
  countKeyRollover,
  tellFrozen,
  refuse,
}: {
  readonly proveRollover: ProveRollover
  readonly rollKey: RollKey
  readonly countKeyRollover: CountKeyRollover
  /** Told of each client whose keys were frozen. */
  readonly tellFrozen: (request: Rollover) => void
  readonly refuse: Refuse
}): Endpoint => {
  const decide = async (request: Rollover): Promise<Decision> => {
    try {
      return await rollKey(request)
    } catch (error) {
      if (!(error instanceof ChangeRefused)) throw error
      throw new OAuthError('invalid_request', 'The next key cannot be taken.', {
        check: 'next-key-allowed',
        received: error.message,
      })
    }
  }

  const handler: Handler = async (request, { workspace }) => {
    let claimed: string | undefined
    try {
      const text = requireRollover(request, readForm(request))
      const { client, signer, next } = await proveRollover(workspace, text, request.address, (clientId) => {
        claimed = clientId
      })
      if (!client.capabilities.includes(rolloverCapability)) {
        throw refusalOf({ outcome: 'refused', reason: 'client', check: 'capability' })
      }
      const rollover = { workspace: workspace.key, client: client.id, signer, next, address: request.address }
      const decision = await decide(rollover)
      if (decision.outcome === 'refused') throw refusalOf(decision)
      countKeyRollover(decision.outcome)
      if (decision.outcome === 'frozen') {
        tellFrozen(rollover)
        throw invalidClient('rollover-sole-successor')
      }
      return json(200, answer(decision.rolled), noStore)
    } catch (error) {
      throw await refuse(error, (refusal) => ({
        type: 'client-key.refused',
        workspace: workspace.key,
        address: request.address,
        ...(claimed === undefined ? {} : { client: claimed }),
        ...refusal,
      }))
    }
  }
  return {
    name: 'client-key-rollover',
    path: '/oauth2/client-key-rollover',
    metadata: 'client_key_rollover_endpoint',
    oauth: true,
    methods: { POST: handler },
  }
}
