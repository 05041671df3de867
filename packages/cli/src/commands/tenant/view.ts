import type { Tenant } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'

export const tenantColumns: readonly Column<Tenant>[] = [
  { title: 'TENANT', value: ({ id }) => id, whole: true },
  { title: 'NAME', value: ({ displayName }) => displayName },
  { title: 'CREATED', value: ({ created }) => withoutFractions(created) },
]

export const tenantFields = ({ id, displayName, created }: Tenant) =>
  [
    ['tenant', id],
    ['name', displayName],
    ['created', created],
  ] as const
