import type { AuditColumns, UseColumns } from '../sql/audit-queue.ts'
import type { WriteName } from '../sql/writes.ts'

export type WriterRequest =
  /** What token requests write, in one transaction; answered with whether each value was taken for the first time. */
  | {
      readonly id: number
      readonly kind: 'append'
      readonly rows: readonly AuditColumns[]
      readonly uses: readonly UseColumns[]
    }
  | { readonly id: number; readonly kind: 'write'; readonly name: WriteName; readonly args: readonly unknown[] }
  | { readonly id: number; readonly kind: 'close' }

export type WriterResponse =
  | { readonly id: number; readonly outcome: 'done'; readonly result: unknown }
  | {
      readonly id: number
      readonly outcome: 'failed'
      readonly message: string
      /** Whether the failure says that the database is damaged. */
      readonly damaged: boolean
    }
