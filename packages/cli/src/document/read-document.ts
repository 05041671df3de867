import type { WorkspaceDocument } from '@mintmark/protocol/admin'
import { badConfiguration } from '../failure.ts'
import { isObject, readSecret, type SecretSources } from './secret-values.ts'
import { readStrictYaml } from './strict-yaml.ts'

/** The tenant of a document that names none. */
export const defaultTenant = 'default'

/** A workspace to be as the document says. */
export type Intended = { readonly tenant: string; readonly workspace: string; readonly document: WorkspaceDocument }

const withSecrets = (clients: unknown, sources: SecretSources): unknown => {
  if (!isObject(clients)) return clients
  return Object.fromEntries(
    Object.entries(clients).map(([id, client]) => {
      if (!isObject(client) || client.secrets === undefined) return [id, client]
      if (!Array.isArray(client.secrets))
        throw badConfiguration(`${sources.name}: clients.${id}.secrets must be a list`)
      const secrets = client.secrets.map((secret, index) =>
        readSecret(secret, `clients.${id}.secrets[${index}]`, sources),
      )
      return [id, { ...client, secrets }]
    }),
  )
}

/**
 * The workspaces a `mintmark.yaml` describes, one a YAML document, secrets read from where it says. What is in them is
 * checked by the server.
 * @throws CommandFailure bad configuration
 */
export const readDocuments = (text: string, sources: SecretSources): readonly Intended[] => {
  const values = readStrictYaml(text, sources.name)
  if (values.length === 0) throw badConfiguration(`${sources.name} is empty`)
  return values.map((value) => {
    if (!isObject(value)) throw badConfiguration(`${sources.name} must be an object that names a workspace`)
    const { tenant = defaultTenant, workspace } = value
    if (typeof workspace !== 'string' || workspace === '') {
      throw badConfiguration(
        `${sources.name} does not say which workspace it describes`,
        'for example: workspace: payments',
      )
    }
    if (typeof tenant !== 'string' || tenant === '') throw badConfiguration(`${sources.name}: tenant must be a text`)
    const clients = value.clients === undefined ? {} : { clients: withSecrets(value.clients, sources) }
    return { tenant, workspace, document: { ...value, ...clients } as unknown as WorkspaceDocument }
  })
}
