import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'node:test'
import { openStore } from '../../src/store/stores.ts'
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

/** Every store there is: each must keep the whole contract. */
const engines: readonly Engine[] = [
  {
    name: 'sqlite',
    createPlace: async () => {
      const directory = mkdtempSync(join(tmpdir(), 'mintmark-store-'))
      return {
        open: () => openStore('sqlite:mintmark.sqlite', directory),
        remove: async () => rmSync(directory, { recursive: true, force: true }),
      }
    },
  },
]

const contract: Readonly<Record<string, (engine: Engine) => void>> = {
  configuration: configurationContract,
  commits: commitContract,
  revisions: revisionContract,
  drafts: draftContract,
  keys: keyContract,
  revocations: revocationContract,
  audit: auditContract,
  endings: endingContract,
  'credential use': credentialUseContract,
  'credential callers': credentialCallerContract,
  idempotency: idempotencyContract,
  'single use': singleUseContract,
  settings: settingContract,
  closing: closingContract,
}

for (const engine of engines) {
  for (const [group, tests] of Object.entries(contract)) describe(`${engine.name}: ${group}`, () => tests(engine))
}
