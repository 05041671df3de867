import { apiOperations } from './apis.ts'
import { auditOperations } from './audit.ts'
import { changeOperations } from './changes.ts'
import { choiceOperations } from './choices.ts'
import { clientKeyOperations } from './client-keys.ts'
import { clientOperations } from './clients.ts'
import { credentialOperations } from './credentials.ts'
import { documentOperations } from './documents.ts'
import { expiringOperations } from './expiring.ts'
import { federationOperations } from './federations.ts'
import { incidentOperations } from './incidents.ts'
import { keyOperations } from './keys.ts'
import type { Operation } from './operation.ts'
import { revisionOperations } from './revisions.ts'
import { rotationOperations } from './rotations.ts'
import { secretOperations } from './secrets.ts'
import { tenantOperations } from './tenants.ts'
import { tokenOperations } from './tokens.ts'
import { trustOperations } from './trusts.ts'
import { webhookOperations } from './webhooks.ts'
import { workspaceOperations } from './workspaces.ts'

/** Where the admin API lies on the management listener. */
export const adminPath = '/admin/v1'

export { adminAudience } from '../admin-audience.ts'

/** Every operation of the admin API, by name. */
export const operations = {
  ...choiceOperations,
  ...tenantOperations,
  ...workspaceOperations,
  ...apiOperations,
  ...clientOperations,
  ...secretOperations,
  ...clientKeyOperations,
  ...credentialOperations,
  ...rotationOperations,
  ...trustOperations,
  ...federationOperations,
  ...expiringOperations,
  ...webhookOperations,
  ...keyOperations,
  ...tokenOperations,
  ...incidentOperations,
  ...changeOperations,
  ...revisionOperations,
  ...documentOperations,
  ...auditOperations,
} as const satisfies Readonly<Record<string, Operation>>

export type Operations = typeof operations
export type OperationName = keyof Operations
