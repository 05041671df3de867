export { type AdminClient, type AdminClientOptions, type CallOptions, createAdminClient } from './admin-client.ts'
export { AdminError } from './admin-error.ts'
export { everyItem } from './every-item.ts'
