import { type Static, Type } from 'typebox'
import { displayName, id, object, pageOf, pageQuery, time } from './common.ts'

export const tenant = object({ id: Type.String(), displayName: Type.String(), created: time })
export type Tenant = Static<typeof tenant>

export const tenantInput = object({ id, displayName: Type.Optional(displayName) })
export type TenantInput = Static<typeof tenantInput>

export const tenantOperations = {
  listTenants: {
    name: 'listTenants',
    method: 'GET',
    path: '/tenants',
    scope: 'read',
    summary: 'List the tenants the token may see.',
    query: pageQuery,
    status: 200,
    result: pageOf(tenant),
  },
  createTenant: {
    name: 'createTenant',
    method: 'POST',
    path: '/tenants',
    scope: 'write',
    summary: 'Create a tenant; needs the role for all tenants.',
    input: tenantInput,
    status: 201,
    result: tenant,
    example: { id: 'acme', displayName: 'Acme Ltd' },
  },
  showTenant: {
    name: 'showTenant',
    method: 'GET',
    path: '/tenants/{tenant}',
    scope: 'read',
    summary: 'Show a tenant.',
    status: 200,
    result: tenant,
  },
} as const
