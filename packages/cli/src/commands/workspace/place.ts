import type { AdminClient } from '@mintmark/client/admin'
import { findWorkspace, type Place, readPlace } from '../../connection/workspace.ts'
import type { Environment } from '../../terminal/terminal.ts'

/** The operand of commands about a workspace itself. */
export const workspaceOperand = {
  workspace: { optional: true, summary: 'TENANT/WORKSPACE; MINTMARK_WORKSPACE or the only one without it' },
} as const

/** The workspace named by the operand, or else as every command finds it. */
export const placeOf = (operand: string | undefined, environment: Environment, admin: AdminClient): Promise<Place> =>
  operand === undefined
    ? findWorkspace(undefined, environment, admin)
    : Promise.resolve(readPlace(operand, 'WORKSPACE'))
