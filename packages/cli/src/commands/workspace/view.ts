import { X509Certificate } from 'node:crypto'
import type { WorkspaceView } from '@mintmark/protocol/admin'
import type { Column } from '../../terminal/table.ts'
import { duration } from '../../terminal/times.ts'
import { tokenRate } from '../../token-rate.ts'

export const workspaceColumns: readonly Column<WorkspaceView>[] = [
  { title: 'WORKSPACE', value: ({ tenant, id }) => `${tenant}/${id}`, whole: true },
  { title: 'NAME', value: ({ displayName }) => displayName },
  { title: 'STATE', value: ({ enabled }) => (enabled ? 'enabled' : 'disabled') },
  { title: 'LIFETIME', value: ({ tokenLifetime }) => duration(tokenLifetime) },
  { title: 'REVISION', value: ({ revision }) => revision, align: 'right' },
  { title: 'ISSUER', value: ({ issuer }) => issuer },
]

/** The subject of a CA's certificate, on one line. */
const anchorName = (pem: string): string => {
  try {
    return new X509Certificate(pem).subject.split('\n').reverse().join(',')
  } catch {
    return 'a certificate that cannot be read here'
  }
}

const noticesOf = ({ expiryNotices }: WorkspaceView): string =>
  expiryNotices.length === 0
    ? 'when they come'
    : `${expiryNotices
        .toSorted((a, b) => b - a)
        .map(duration)
        .join(', ')} before`

export const workspaceFields = (workspace: WorkspaceView) =>
  [
    ['workspace', `${workspace.tenant}/${workspace.id}`],
    ['name', workspace.displayName || undefined],
    ['issuer', workspace.issuer],
    ['state', workspace.enabled ? 'enabled' : 'disabled'],
    ['token lifetime', duration(workspace.tokenLifetime)],
    ['longest lifetime', duration(workspace.maxTokenLifetime)],
    ['token limit', tokenRate(workspace)],
    ['several audiences', workspace.multipleAudiences ? 'allowed' : 'refused: a token is for one API'],
    ['DPoP nonce', workspace.dpopNonce ? 'needed' : undefined],
    ['new secrets', workspace.allowSecrets ? undefined : 'refused'],
    [
      'secrets live',
      workspace.maximumSecretLifetime === undefined
        ? undefined
        : `${duration(workspace.maximumSecretLifetime)} at the most`,
    ],
    [
      'keys live',
      workspace.maximumKeyLifetime === undefined ? undefined : `${duration(workspace.maximumKeyLifetime)} at the most`,
    ],
    ['rotation overlap', duration(workspace.rotationOverlap)],
    ['ends announced', noticesOf(workspace)],
    ['RS256 assertions', workspace.refuseRs256Assertions ? 'refused' : undefined],
    ['leaks in public', workspace.leakedCredentials === 'report' ? 'only reported' : undefined],
    ['without database', workspace.auditOutage === 'available' ? 'goes on, audit events follow' : undefined],
    ['bound tokens', workspace.senderConstrainedTokens ? 'demanded' : undefined],
    ['profile', workspace.profile],
    ['trust anchors', workspace.trustAnchors.length === 0 ? undefined : workspace.trustAnchors.map(anchorName)],
    ['aliases', workspace.aliases.map(({ path, endpoint }) => `${path} = ${endpoint}`)],
    ['revision', workspace.revision],
  ] as const
