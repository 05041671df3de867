import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { storeOptions } from '../config/store-options.ts'
import { signingAlgorithms } from '../domain/api.ts'
import { capabilities } from '../domain/capability.ts'
import { systemWorkspace } from '../domain/workspace.ts'
import { systemClock } from '../lib/clock.ts'
import { writePrivateFile } from '../lib/private-file.ts'
import { createSystemRandom, randomId } from '../lib/random.ts'
import { defaultAuthenticationMethods } from '../registry/bodies.ts'
import { firstAdministrator, systemFounding } from '../registry/bootstrap.ts'
import type { Step } from '../registry/steps.ts'
import { administratorFile } from '../server/administrator-file.ts'
import { openStore, storePlace } from '../store/stores.ts'
import { answer, answerFlags, answerFlagsHelp } from './answer.ts'
import { exitCodes, type ServerCommand, UsageError } from './command.ts'
import { noArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'

/** Where the command line finds the server: as the file said it before, or the settings do. A server that starts corrects it. */
const addressIn = (file: string, adminUrl: string): Readonly<Record<string, unknown>> => {
  let before: Readonly<Record<string, unknown>> = {}
  try {
    before = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // There is none, or it is damaged, which is why somebody makes it anew.
  }
  return {
    ...(adminUrl === '' ? 'adminUrl' in before && { adminUrl: before.adminUrl } : { adminUrl }),
    ...('caFile' in before && { caFile: before.caFile }),
  }
}

/** Who can write the data directory of a stopped server is its administrator: this gives back the credential. */
export const administratorReset: ServerCommand = {
  name: 'administrator reset',
  summary: 'Make a new credential for the first administrator, when it is lost (an embedded server stopped)',
  help: `Makes the client ${firstAdministrator} of ${systemWorkspace} what it was at first start, removes its secrets and
writes a new one to ${administratorFile} in the data directory. A server on an embedded database must
be stopped; nodes over PostgreSQL go on. Who may write the data directory may do this. It is a change like any other: in the revisions and the audit log.

Flags:
  --yes                    do it: the secrets there are end at once
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark administrator reset --yes --data-dir /var/lib/mintmark`,
  run: async (args, terminal) => {
    const { config, flags, positionals } = readProcessConfig(args, terminal.environment, {
      ...answerFlags,
      yes: { type: 'boolean' },
    })
    noArgument(positionals)
    if (flags.yes !== true) {
      throw new UsageError(`the secrets of ${systemWorkspace}/${firstAdministrator} end at once: say --yes`)
    }
    const directory = resolve(config.dataDirectory)
    const file = join(directory, administratorFile)
    const random = createSystemRandom()
    const store = await openStore(config.store, directory, storeOptions(config))
    try {
      // It brings the schemas of configuration: loaded here, so that no other command waits for them.
      const { createChangeSets } = await import('../registry/change-set.ts')
      const { bodyOf, clientPlace, credentialPlace } = await import('../registry/steps.ts')
      const changeSets = createChangeSets({
        store,
        offered: () => ({
          capabilities: capabilities.map(({ name }) => name),
          authenticationMethods: [...defaultAuthenticationMethods],
          tokenFormats: ['jwt', 'opaque'],
          algorithms: signingAlgorithms,
          endpoints: [],
        }),
        clock: systemClock,
        random,
      })
      const { committed } = await changeSets.commit({
        workspace: systemWorkspace,
        actor: 'system/administrator-reset',
        note: 'administrator reset',
        steps: async (state) => [
          {
            action: 'put',
            place: clientPlace(firstAdministrator),
            body: bodyOf(systemFounding.clients[firstAdministrator] ?? {}),
          },
          ...(await state.credentialsOf(firstAdministrator)).map(
            (id): Step => ({ action: 'delete', place: credentialPlace(firstAdministrator, id) }),
          ),
          {
            action: 'create',
            place: credentialPlace(firstAdministrator, randomId(random, 10)),
            body: { type: 'secret', generate: true, hint: '' },
          },
        ],
      })
      writePrivateFile(file, {
        ...addressIn(file, config.adminUrl),
        clientId: firstAdministrator,
        clientSecret: committed.secrets[0]?.secret,
      })
    } finally {
      await store.close()
    }
    // Nodes over PostgreSQL go on meanwhile.
    const next = config.store.startsWith('postgres')
      ? 'Servers that run take it at once.'
      : 'Start the server, and the CLI uses it.'
    const lines = [`Wrote a new credential to ${file}. ${next}`]
    answer(terminal, flags, lines, { file, database: storePlace(config.store, directory) })
    return exitCodes.done
  },
}
