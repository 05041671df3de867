import type { CallerView, CredentialView } from '@mintmark/protocol/admin'
import type { Body } from '../registry/kinds/kind.ts'
import { kindNamed } from '../registry/kinds.ts'
import type { CredentialLastUse, CredentialUse, Entity } from '../store/store.ts'
import { bodyOfEntity, instant, lifeView } from './views.ts'

const nameOf = (body: Body): string => {
  if (body.type === 'secret') return body.hint === '' ? 'chosen' : `…${String(body.hint)}`
  if (body.type === 'key') return String(body.kid)
  if (body.type === 'key-set') return String(body.uri)
  if (body.type === 'federated') return String(body.trust)
  return body.type === 'certificate' ? String(body.digest) : `${String(body.match)} ${String(body.value)}`
}

export const credentialView = (
  id: string,
  body: Body,
  revision: number,
  now: number,
  use: CredentialLastUse | undefined,
): CredentialView => ({
  id,
  type: body.type as CredentialView['type'],
  name: nameOf(body),
  created: String(kindNamed('credential').describe(id, body).created),
  ...lifeView(body, now, use),
  revision,
})

/** Every credential of a client as the store has it. */
export const credentialViews = (
  credentials: readonly Entity[],
  uses: readonly CredentialLastUse[],
  now: number,
): CredentialView[] =>
  credentials.map((entity) => {
    const use = uses.find(({ credential }) => credential === entity.id)
    return credentialView(entity.id, bodyOfEntity(entity), entity.revision, now, use)
  })

export const callerView = ({ credential, address, agent, instance, time }: CredentialUse): CallerView => ({
  credential,
  address,
  agent,
  instance,
  time: instant(time),
})
