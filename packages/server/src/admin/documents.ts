import { type DocumentInput, operations } from '@mintmark/protocol/admin'
import { auditRow } from '../audit/record.ts'
import { workspaceKey } from '../domain/workspace.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import { writeDocument } from '../registry/documents.ts'
import { openState } from '../registry/state.ts'
import { AdminProblem } from './admin-problem.ts'
import { type Administrator, allows, assertAllowed, systemTenant } from './administrator.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { assertWorkspace } from './list-entities.ts'
import { assertTenant } from './workspaces.ts'

type Parameters = { readonly tenant: string; readonly workspace: string }

/** @throws AdminProblem when the document speaks of another workspace than the path */
const assertSameWorkspace = ({ document }: DocumentInput, { tenant, workspace }: Parameters): void => {
  const named = workspaceKey(document.tenant ?? tenant, document.workspace)
  if (named === workspaceKey(tenant, workspace)) return
  throw new AdminProblem('invalid-input', `The document is of ${named}.`, {
    check: 'document-workspace',
    expected: workspaceKey(tenant, workspace),
    received: named,
    errors: [{ path: '/document/workspace', message: 'names another workspace than the path' }],
  })
}

/** What proves clients: whoever may say that may be every client. */
const hasCredentials = ({ document }: DocumentInput): boolean =>
  document.trusts !== undefined ||
  Object.values(document.clients ?? {}).some(
    ({ secrets, keys, federations }) => secrets !== undefined || keys !== undefined || federations !== undefined,
  )

export const createDocumentHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, documentSteps, offered, clock } = deps

  const check = (input: DocumentInput, administrator: Administrator, parameters: Parameters): void => {
    assertSameWorkspace(input, parameters)
    // Also to plan: the answer tells whether a secret is the one a client has.
    if (hasCredentials(input)) assertAllowed(administrator, 'secrets', parameters.tenant)
  }

  /** A workspace that is not there yet needs its tenant, made on the way by who may make one. */
  const ensureTenant = async (tenant: string, administrator: Administrator, address: string): Promise<void> => {
    if (tenant !== systemTenant && allows(administrator, 'write')) {
      const created = clock.now()
      const { actor } = administrator
      const event = auditRow({ type: 'tenant.created', actor, address, tenant }, created)
      await store.changes.createTenant({ id: tenant, displayName: tenant, created }, [event])
    }
    await assertTenant(store, tenant)
  }

  return [
    handle(operations.planDocument, async ({ workspace, parameters, input, administrator }) => {
      check(input, administrator, parameters)
      const { base, differences, faults } = await changeSets.preview(workspace, documentSteps(input))
      return {
        body: { base, changes: [...differences], conflicts: faults.map(({ message }) => message) },
        etag: base,
      }
    }),
    handle(operations.applyDocument, async (call) => {
      const { input, administrator, parameters, address } = call
      check(input, administrator, parameters)
      if ((await store.configuration.readWorkspaceRow(call.workspace)) === undefined) {
        const { faults } = await changeSets.preview(call.workspace, documentSteps(input))
        if (faults.length > 0) throw new ChangeRefused(faults)
        await ensureTenant(parameters.tenant, administrator, address)
      }
      const options = { of: 'workspace', note: input.note ?? 'apply' } as const
      return commitCall(changeSets, call, documentSteps(input), options, committedAnswer)
    }),
    handle(operations.exportDocument, async ({ workspace }) => {
      await assertWorkspace(store, workspace)
      const state = await openState(store, workspace, offered(), clock.now())
      return { body: await writeDocument(state), etag: state.base }
    }),
  ]
}
