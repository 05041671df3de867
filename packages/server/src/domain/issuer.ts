import { systemWorkspace, type WorkspaceKey } from './workspace.ts'

/** The issuer URL of each workspace: the value of `iss` and of metadata, compared character by character (RFC 8414 §2). */
export type Issuers = { readonly of: (workspace: WorkspaceKey) => string }

/**
 * @param publicUrl base URL of the public listener, without a slash at its end
 * @param adminUrl base URL of the management listener, where the system workspace answers
 */
export const createIssuers = (publicUrl: string, adminUrl: string): Issuers => ({
  of: (workspace) => `${workspace === systemWorkspace ? adminUrl : publicUrl}/${workspace}`,
})
