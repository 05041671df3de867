import { describe } from 'node:test'
import { auditContract } from './audit.ts'
import { commitContract } from './commits.ts'
import { configurationContract } from './configuration.ts'
import { draftContract } from './drafts.ts'
import { endingContract } from './endings.ts'
import type { Engine } from './engine.ts'
import { keyContract } from './keys.ts'
import { revisionContract } from './revisions.ts'
import { revocationContract } from './revocations.ts'
import {
  closingContract,
  credentialCallerContract,
  credentialUseContract,
  idempotencyContract,
  settingContract,
  singleUseContract,
} from './small-stores.ts'
import { webhookContract } from './webhooks.ts'

const contract: Readonly<Record<string, (engine: Engine) => void>> = {
  configuration: configurationContract,
  commits: commitContract,
  revisions: revisionContract,
  drafts: draftContract,
  keys: keyContract,
  revocations: revocationContract,
  audit: auditContract,
  endings: endingContract,
  webhooks: webhookContract,
  'credential use': credentialUseContract,
  'credential callers': credentialCallerContract,
  idempotency: idempotencyContract,
  'single use': singleUseContract,
  settings: settingContract,
  closing: closingContract,
}

/** The whole contract, as tests of a store. */
export const runContract = (engine: Engine): void => {
  for (const [group, tests] of Object.entries(contract)) describe(`${engine.name}: ${group}`, () => tests(engine))
}
