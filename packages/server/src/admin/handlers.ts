import { createApiHandlers } from './apis.ts'
import { createAuditHandlers } from './audit.ts'
import type { Handler } from './call.ts'
import { createChangeHandlers } from './changes.ts'
import { createChoiceHandlers } from './choices.ts'
import { createClientKeyHandlers } from './client-keys.ts'
import { createClientHandlers } from './clients.ts'
import { createCredentialHandlers } from './credentials.ts'
import type { AdminDependencies } from './dependencies.ts'
import { createDocumentHandlers } from './documents.ts'
import { createExpiringHandlers } from './expiring.ts'
import { createFederationHandlers } from './federations.ts'
import { createIncidentHandlers } from './incidents.ts'
import { createKeyHandlers } from './keys.ts'
import { createRevisionHandlers } from './revisions.ts'
import { createRotationHandlers } from './rotations.ts'
import { createSecretHandlers } from './secrets.ts'
import { createTenantHandlers } from './tenants.ts'
import { createTokenHandlers } from './tokens.ts'
import { createTrustHandlers } from './trusts.ts'
import { createWebhookHandlers } from './webhooks.ts'
import { createWorkspaceHandlers } from './workspaces.ts'

const creators = [
  createChoiceHandlers,
  createTenantHandlers,
  createWorkspaceHandlers,
  createApiHandlers,
  createClientHandlers,
  createSecretHandlers,
  createClientKeyHandlers,
  createCredentialHandlers,
  createRotationHandlers,
  createTrustHandlers,
  createFederationHandlers,
  createExpiringHandlers,
  createWebhookHandlers,
  createKeyHandlers,
  createTokenHandlers,
  createIncidentHandlers,
  createChangeHandlers,
  createRevisionHandlers,
  createDocumentHandlers,
  createAuditHandlers,
]

/** What answers the operations of the contract, one line a resource above. */
export const createHandlers = (deps: AdminDependencies): readonly Handler[] =>
  creators.flatMap((create) => create(deps))
