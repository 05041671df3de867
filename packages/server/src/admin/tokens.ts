import { operations, type TokenInspection, type TokenRevoked } from '@mintmark/protocol/admin'
import { credentialOf } from '../domain/access-token.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { WorkspaceView } from '../registry/registry.ts'
import type { TokenState } from '../tokens/inspect.ts'
import { AdminProblem, notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import type { AdminDependencies } from './dependencies.ts'
import { instant } from './views.ts'

const describe = (state: TokenState): TokenInspection => {
  const token = state.active ? state : state.token
  return {
    active: state.active,
    ...(state.active ? {} : { reason: state.check }),
    ...(token === undefined
      ? {}
      : {
          format: token.format,
          kid: token.kid,
          credential: credentialOf(token.claims.jti),
          claims: { ...token.claims },
        }),
  }
}

/** The last second (epoch seconds) that lies before a time; undefined: all until now. */
const issuedUntil = (issuedBefore: string | undefined): number | undefined =>
  issuedBefore === undefined ? undefined : Math.ceil(Date.parse(issuedBefore) / 1000) - 1

const revoked = (subject: TokenRevoked['subject'], value: string, until: number | undefined): TokenRevoked => ({
  subject,
  value,
  ...(until === undefined ? {} : { issuedUntil: instant(until * 1000) }),
})

export const createTokenHandlers = ({
  registry,
  inspectToken,
  revokeTokens,
  clock,
}: AdminDependencies): readonly Handler[] => {
  const viewOf = async (workspace: WorkspaceKey): Promise<WorkspaceView> => {
    const view = await registry.workspace(workspace)
    if (view === undefined) throw notFound(`workspace ${workspace}`)
    return view
  }

  return [
    handle(operations.inspectToken, async ({ workspace, input }) => ({
      body: describe(await inspectToken(await viewOf(workspace), input.token)),
    })),
    handle(operations.revokeTokens, async ({ workspace, input, administrator, address }) => {
      const by = { actor: administrator.actor, address }
      const view = await viewOf(workspace)
      if ('token' in input) {
        const state = await inspectToken(view, input.token)
        const claims = state.active ? state.claims : state.token?.claims
        if (claims === undefined) {
          throw new AdminProblem('not-found', `This is no token of ${workspace}.`, { check: 'token-authentic' })
        }
        await revokeTokens.token(workspace, claims, by)
        return { body: revoked('token', claims.jti, undefined) }
      }
      if ('jti' in input) {
        await revokeTokens.token(workspace, { jti: input.jti }, by)
        return { body: revoked('token', input.jti, undefined) }
      }
      const now = Math.floor(clock.now() / 1000)
      const until = issuedUntil(input.issuedBefore)
      const reached = Math.min(until ?? now, now)
      if ('credential' in input) {
        const { client, credential } = input
        await revokeTokens.credential(workspace, client, credential, by, until)
        return { body: revoked('credential', `${client}/${credential}`, reached) }
      }
      if ('client' in input) {
        await revokeTokens.client(workspace, input.client, by, until)
        return { body: revoked('client', input.client, reached) }
      }
      await revokeTokens.workspace(workspace, by, until)
      return { body: revoked('workspace', '', reached) }
    }),
  ]
}
