/**
 * Runs the conformance vectors against a server, whoever wrote it, and says where it decides otherwise.
 *
 *   node e2e/conformance/run.ts --url URL [--settings NAME] [--level token,request] [--tolerant]
 *
 * The server is set up as the entry NAME of conformance/settings.json says (default one-issuer), believes that the time is
 * its `now`, has the `routes` for every method, and answers 200 with any body where it lets in. `--tolerant` leaves out the
 * vectors with a latitude. Exits with 1 when anything is decided otherwise.
 */
import { parseArgs } from 'node:util'
import { readChallenge } from './challenge.ts'
import { settingsNamed, vectors } from './pack.ts'
import { rawRequest } from './raw-request.ts'
import { type Decide, disagreements, outcomeOf, unreadable } from './run-vectors.ts'

const usage = 'usage: node e2e/conformance/run.ts --url URL [--settings NAME] [--level token,request] [--tolerant]'

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    settings: { type: 'string', default: 'one-issuer' },
    level: { type: 'string', default: 'token,request' },
    tolerant: { type: 'boolean', default: false },
  },
})
const { url, settings, level, tolerant } = values
if (url === undefined) {
  console.error(usage)
  process.exit(2)
}
settingsNamed(settings)
const levels = level.split(',')
const chosen = vectors.filter(
  (vector) =>
    vector.settings === settings && levels.includes(vector.level) && !(tolerant && vector.latitude !== undefined),
)

const decide: Decide = async ({ request, expect, http }) => {
  const { status, headers } = await rawRequest(url, request)
  // What the server saw of the token, it alone knows.
  if (status === 200) return outcomeOf(status, null, expect.decision === 'allow' ? expect.token : undefined)
  if (http === 'invalid') return unreadable
  const challenge = headers.find(([name]) => name === 'www-authenticate')
  return outcomeOf(status, challenge === undefined ? null : readChallenge(challenge[1]))
}

const found = await disagreements(chosen, decide)
for (const sentence of found) console.log(sentence)
console.log(`${chosen.length - found.length} of ${chosen.length} vectors are decided as they say`)
process.exitCode = found.length === 0 ? 0 : 1
