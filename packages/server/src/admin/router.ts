import { adminPath, openApiDocument, operations } from '@mintmark/protocol/admin'
import type { Refuse } from '../audit/refusal.ts'
import { systemWorkspace, type WorkspaceKey, workspaceKey } from '../domain/workspace.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { Log } from '../lib/log.ts'
import { type HttpRequest, type HttpResponse, json } from '../lib/message.ts'
import { type Random, randomId } from '../lib/random.ts'
import { ChangeRepeated } from '../registry/change-refused.ts'
import type { IdempotencyStore } from '../store/store.ts'
import { AdminProblem, asAdminProblem, asRefusal, notFound, renderProblem, uncached } from './admin-problem.ts'
import { type Administrator, assertAllowed, assertAllowedSomewhere, systemTenant } from './administrator.ts'
import type { AuthenticateAdministrator } from './authenticate.ts'
import type { Answer, Call, Handler } from './call.ts'
import type { Idempotency, Repeatable } from './idempotency.ts'
import { readIfMatch, readInput } from './request.ts'
import { createRoutes, type FoundPath } from './routes.ts'
import { readQuery } from './validate.ts'

/** Answers requests of the admin API and for its description; undefined for all others. */
export type AdminRouter = (request: HttpRequest) => Promise<HttpResponse | undefined>

/** What a call that is not answered as asked was about, as far as it was understood, and when its answer is due. */
type Attempt = {
  client?: string
  administrator?: Administrator
  action: string
  workspace: WorkspaceKey
  due: number
}

const lateHeaders = { headers: { 'retry-after': '5' } }
const unanswered = new AdminProblem('unavailable', 'The server did not finish in time. Try again later.', lateHeaders)
/** It goes on, and may be done a moment later. */
const undecided = new AdminProblem(
  'unavailable',
  'The server did not finish in time: whether it was done, or will be, is not known. Repeat it with the same Idempotency-Key, or look.',
  lateHeaders,
)

const openApiPath = '/openapi.json'

const requireHandler = (found: FoundPath | undefined, { method, path }: HttpRequest): Handler => {
  if (found === undefined) throw notFound(`resource ${path.slice(0, 200)}`)
  const handler = found.handlers.get(method)
  if (handler !== undefined) return handler
  const allowed = [...found.handlers.keys()].join(', ')
  throw new AdminProblem('method-not-allowed', `The methods here are ${allowed}.`, {
    check: 'method',
    expected: allowed,
    headers: { allow: allowed },
  })
}

/**
 * What the operation needs, of the tenant its path names. Whoever changes the system workspace could give away every role,
 * and so needs all of them.
 */
const assertRole = (administrator: Administrator, { operation }: Handler, tenant: string | undefined): void => {
  const { scope } = operation
  if (tenant === undefined) {
    assertAllowedSomewhere(administrator, scope)
    return
  }
  assertAllowed(administrator, scope, tenant)
  if (tenant !== systemTenant || scope === 'read') return
  assertAllowed(administrator, 'write')
  assertAllowed(administrator, 'secrets')
}

const render = ({ operation }: Handler, { body, etag }: Answer): HttpResponse =>
  json(operation.status, body, { ...uncached, ...(etag === undefined ? {} : { etag: `"${etag}"` }) })

export const createAdminRouter = ({
  handlers,
  authenticate,
  idempotency,
  store,
  refuse,
  deadlines,
  answerTime,
  elapsed,
  log,
  random,
  closing,
}: {
  readonly handlers: readonly Handler[]
  readonly authenticate: AuthenticateAdministrator
  readonly idempotency: Idempotency
  readonly store: IdempotencyStore
  readonly refuse: Refuse
  readonly deadlines: Deadlines
  /** Milliseconds from the arrival of a call to its answer. */
  readonly answerTime: number
  readonly elapsed: () => number
  readonly log: Log
  readonly random: Random
  readonly closing: AbortSignal
}): AdminRouter => {
  const missing = Object.keys(operations).filter((name) => !handlers.some(({ operation }) => operation.name === name))
  if (missing.length > 0) throw new Error(`operations nobody handles: ${missing.join(', ')}`)
  const findPath = createRoutes(handlers)

  /** Runs a call once, however often it is sent under its key. */
  const runOnce = async (repeatable: Repeatable, run: () => Promise<Answer>): Promise<Answer> =>
    repeatable.alone(async () => {
      const before = await repeatable.find()
      if (before !== undefined) return before
      try {
        const answer = await run()
        // A commit has kept its answer in its own transaction; everything else is kept now.
        if ((await repeatable.find()) === undefined) await store.save(repeatable.keep(answer))
        return answer
      } catch (error) {
        const meanwhile = error instanceof ChangeRepeated ? await repeatable.find() : undefined
        if (meanwhile === undefined) throw error
        return meanwhile
      }
    })

  const answer = async (request: HttpRequest, attempt: Attempt): Promise<HttpResponse> => {
    const administrator = await authenticate(request, (client) => {
      attempt.client = client
    })
    attempt.administrator = administrator
    const found = findPath(request.path.slice(adminPath.length))
    const handler = requireHandler(found, request)
    const { operation } = handler
    attempt.action = operation.name
    const parameters = found?.parameters ?? {}
    const { tenant, workspace } = parameters
    const target = workspaceKey(tenant ?? '', workspace ?? '')
    assertRole(administrator, handler, tenant)
    if (workspace !== undefined) attempt.workspace = target
    const repeatable = idempotency(request, administrator)
    const query = readQuery(operation.query, request.query) as { readonly wait?: number } | undefined
    // Who asks to wait for events waits as long as it asked for.
    attempt.due += (query?.wait ?? 0) * 1000
    const call: Call<typeof operation> = {
      operation,
      administrator,
      parameters,
      query: query as never,
      input: readInput(operation.input, request) as never,
      workspace: target,
      ifMatch: readIfMatch(request),
      address: request.address,
      keep: repeatable?.keep,
      closing,
    }
    const run = () => handler.handle(call)
    return render(handler, repeatable === undefined ? await run() : await runOnce(repeatable, run))
  }

  const refused = async (thrown: unknown, request: HttpRequest, attempt: Attempt): Promise<HttpResponse> => {
    const problem = asAdminProblem(thrown)
    const recorded = await refuse(asRefusal(problem), (refusal) => ({
      type: 'administration.refused',
      workspace: attempt.workspace,
      address: request.address,
      action: attempt.action,
      ...(attempt.client === undefined ? {} : { client: attempt.client }),
      ...(attempt.administrator === undefined ? {} : { actor: attempt.administrator.actor }),
      ...refusal,
    }))
    const unrecorded = recorded.error.code === 'temporarily_unavailable'
    return renderProblem(unrecorded ? asAdminProblem(recorded.error) : problem, recorded.reference)
  }

  /** Nothing is recorded of it: the store, of all things, is likely what everybody waits for. */
  const late = ({ method }: HttpRequest, { action, administrator, workspace }: Attempt): HttpResponse => {
    const reference = randomId(random, 10)
    log.warn('not answered in time', {
      reference,
      kind: 'administration',
      action,
      actor: administrator?.actor,
      workspace,
    })
    return renderProblem(method === 'GET' ? unanswered : undecided, reference)
  }

  return async (request) => {
    if (request.path === openApiPath && request.method === 'GET') return json(200, openApiDocument())
    if (request.path !== adminPath && !request.path.startsWith(`${adminPath}/`)) return undefined
    const attempt: Attempt = {
      action: `${request.method} ${request.path}`.slice(0, 200),
      workspace: systemWorkspace,
      due: elapsed() + answerTime,
    }
    const answered = answer(request, attempt).catch((error: unknown) => refused(error, request, attempt))
    return deadlines.keep('administration', answered, attempt, () => late(request, attempt))
  }
}
