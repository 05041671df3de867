import { join } from 'node:path'
import type { Credential } from '@mintmark/client'
import { secretFromFile } from '@mintmark/client/node'

/**
 * A secret in files that somebody else keeps up to date: a Kubernetes secret that is mounted, or what Vault Agent writes.
 * They are read for every token request, so that a new one needs no restart.
 */
export const secretFromMount = (directory: string): Credential => [
  secretFromFile(join(directory, 'client-secret')),
  secretFromFile(join(directory, 'client-secret-previous')),
]
