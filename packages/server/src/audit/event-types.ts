import type { AuditEvent } from './events.ts'

/** Every type of audit event; one that is missing does not compile. */
const types: Readonly<Record<AuditEvent['type'], true>> = {
  'administration.refused': true,
  'administrator.signed-in': true,
  'client-authentication.blocked': true,
  'client-key.refused': true,
  'client-key.rolled': true,
  'client-keys.frozen': true,
  'client-keys.unfrozen': true,
  'configuration.changed': true,
  'credential.expired': true,
  'credential.expiring': true,
  'credential.leaked': true,
  'credential.overdue': true,
  'draft.discarded': true,
  'draft.saved': true,
  'introspection.refused': true,
  'key.compromised': true,
  'key.created': true,
  'key.removed': true,
  'key.rotated': true,
  'revocation.refused': true,
  'rotation.cancelled': true,
  'rotation.completed': true,
  'rotation.ending': true,
  'rotation.started': true,
  'tenant.created': true,
  'token.issued': true,
  'token.limited': true,
  'token.refused': true,
  'token.revoked': true,
  'webhook.failing': true,
  'webhook.gone': true,
  'webhook.recovered': true,
}

export const auditEventTypes: readonly string[] = Object.keys(types)

/** What types begin with, up to the dot and with it. */
export const auditEventFamilies: readonly string[] = [
  ...new Set(auditEventTypes.map((type) => type.slice(0, type.indexOf('.') + 1))),
]
