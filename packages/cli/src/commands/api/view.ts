import type { ApiView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { duration } from '../../terminal/times.ts'

export const apiColumns: readonly Column<ApiView>[] = [
  { title: 'API', value: ({ id }) => id, whole: true },
  { title: 'AUDIENCE', value: ({ audience }) => audience },
  { title: 'SCOPES', value: ({ scopes }) => scopes.map(({ name }) => name).join(' ') },
  { title: 'TOKENS', value: ({ tokenFormat, algorithm }) => (tokenFormat === 'jwt' ? algorithm : tokenFormat) },
  { title: 'STATE', value: ({ enabled }) => (enabled ? 'enabled' : 'disabled') },
]

export const apiFields = (api: ApiView) =>
  [
    ['api', api.id],
    ['name', api.displayName || undefined],
    ['audience', api.audience],
    ['state', api.enabled ? 'enabled' : 'disabled'],
    ['scopes', api.scopes.map(({ name, description }) => (description ? `${name}: ${description}` : name))],
    ['token format', api.tokenFormat],
    ['algorithm', api.tokenFormat === 'jwt' ? api.algorithm : undefined],
    ['token lifetime', api.tokenLifetime === undefined ? "the workspace's" : duration(api.tokenLifetime)],
    ['revision', api.revision],
  ] as const
