import type { TrustView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { duration } from '../../terminal/times.ts'

const keysOf = ({ keys }: TrustView): string => {
  if (keys.type === 'discovery') return 'discovered'
  if (keys.type === 'jwks-uri') return keys.uri
  const authorities = keys.authorities?.length ?? 0
  const kids = keys.keys.map(({ kid }) => kid)
  return `uploaded: ${[...kids, ...(authorities === 0 ? [] : [`${authorities} for X.509-SVIDs`])].join(' ')}`
}

const audiencesOf = ({ audiences }: TrustView): string =>
  audiences.length === 0 ? 'the issuer of the workspace' : audiences.join(' ')

export const trustColumns: readonly Column<TrustView>[] = [
  { title: 'TRUST', value: ({ id }) => id, whole: true },
  { title: 'ISSUER', value: ({ issuer }) => issuer },
  { title: 'KEYS', value: keysOf },
  { title: 'AUDIENCE', value: audiencesOf },
  { title: 'STATE', value: ({ enabled }) => (enabled ? 'enabled' : 'disabled') },
]

export const trustFields = (trust: TrustView) =>
  [
    ['trust', trust.id],
    ['name', trust.displayName || undefined],
    ['issuer', trust.issuer],
    ['keys', keysOf(trust)],
    ['audience', audiencesOf(trust)],
    ['state', trust.enabled ? 'enabled' : 'disabled'],
    ['algorithms', trust.algorithms.join(' ')],
    ['tokens live', `at most ${duration(trust.maximumLifetime)}`],
    ['each counts', trust.singleUse ? 'once' : 'until it ends'],
    ['ours end', trust.boundLifetime ? 'with it' : 'by themselves'],
    ['revision', trust.revision],
  ] as const
