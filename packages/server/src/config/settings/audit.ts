import { integer, type Setting } from '../setting.ts'

/** Audit events: how long they are kept, and how many wait while the store is away. */
export const auditSettings = {
  auditSpoolLimit: integer({
    path: 'audit.spoolLimit',
    environment: 'MINTMARK_AUDIT_SPOOL_LIMIT',
    default: 64,
    minimum: 1,
    maximum: 65_536,
    unit: 'MiB',
    sentence:
      'How much the audit events may take, in the data directory and in memory, that wait while the store is away; of workspaces with the policy auditOutage available.',
  }),
  auditOutageLimit: integer({
    path: 'audit.outageLimit',
    environment: 'MINTMARK_AUDIT_OUTAGE_LIMIT',
    default: 300,
    minimum: 1,
    maximum: 86_400,
    unit: 's',
    sentence: 'For how long such workspaces issue tokens by what this node knew before the store was away.',
  }),
  auditRetention: integer({
    path: 'audit.retention',
    environment: 'MINTMARK_AUDIT_RETENTION',
    default: 90,
    minimum: 1,
    maximum: 36_500,
    unit: 'days',
    sentence: 'How long audit events are kept.',
  }),
} as const satisfies Readonly<Record<string, Setting>>
