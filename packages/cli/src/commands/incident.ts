import type { AdminClient } from '@mintmark/client/admin'
import type { LeakAnswered, LeakFound, LeakQuestion } from '@mintmark/protocol/admin'
import { adminCommand } from '../admin-command.ts'
import type { Surroundings } from '../command.ts'
import { readStdin } from '../connection/read-file.ts'
import { findWorkspace, readPlace, workspaceOptions } from '../connection/workspace.ts'
import { usageFailure } from '../failure.ts'
import { gatherTrace } from '../incident/gather-trace.ts'
import { type Leak, readLeak } from '../incident/read-leak.ts'
import { openReport } from '../incident/report.ts'
import { type Incident, type Investigated, ownerFields, tokenFields } from '../incident/view.ts'
import { confirmOptions, secretRemark } from '../staging.ts'
import { askHidden } from '../terminal/ask-hidden.ts'
import { renderFields } from '../terminal/table.ts'
import { given, readTime } from '../values.ts'

type Flags = {
  readonly client: string | undefined
  readonly workspace: string | undefined
  readonly rotate: boolean
  readonly expires: string | undefined
  readonly 'with-credential': boolean
}

const isTerminal = (stream: unknown): boolean => (stream as { readonly isTTY?: boolean }).isTTY === true

/** What leaked: from stdin, from a prompt that does not show it, or from the command line. */
const receive = async (
  operand: string | undefined,
  { stdin, output, interrupted }: Pick<Surroundings, 'stdin' | 'output' | 'interrupted'>,
): Promise<Leak> => {
  if (operand !== undefined && operand !== '-') {
    const leak = readLeak(operand)
    if (leak.kind !== 'jti')
      output.remark('What stands on the command line is in the history of the shell: better pipe it in.')
    return leak
  }
  if (!isTerminal(stdin)) return readLeak(await readStdin(stdin))
  output.remark('Paste what leaked, and press Enter (it is not shown):')
  return readLeak(await askHidden(stdin, interrupted))
}

const question = async (
  leak: Leak,
  { client, workspace: flag }: Flags,
  admin: AdminClient,
  environment: Surroundings['environment'],
): Promise<LeakQuestion> => {
  if (leak.kind === 'secret') return { digest: leak.digest }
  if (leak.kind === 'token') return { token: leak.token }
  if (leak.kind === 'chosen-secret' && client === undefined) {
    throw usageFailure('nothing tells whose this is', 'of a secret that somebody chose, name the client: --client')
  }
  const place = await findWorkspace(flag, environment, admin)
  const workspace = `${place.tenant}/${place.workspace}`
  if (leak.kind === 'jti') return { workspace, jti: leak.jti }
  if (leak.kind === 'key') return { workspace, jwk: { ...leak.jwk } }
  return { workspace, client: client ?? '', secret: leak.secret }
}

/** The calls that answer the leak, and what they mean in words. */
const plan = (leak: Leak, found: LeakFound, flags: Flags, expires: string | undefined) => {
  const token = leak.kind === 'token' || leak.kind === 'jti'
  const jti = leak.kind === 'jti' ? leak.jti : found.token?.jti
  const named = found.owners.length > 0 ? found.owners : found.token === undefined ? [] : [found.token]
  return named.map((one) => {
    const { workspace, client, credential } = one
    const place = readPlace(workspace, 'workspace')
    if (token && !flags['with-credential']) {
      return { place, input: given({ client, credential, jti }), words: `revoke the token of ${client}` }
    }
    const input = given({ client, credential, rotate: flags.rotate || undefined, expires })
    const successors = 'type' in one && one.type === 'key' ? ', freeze the keys it was rolled over to' : ''
    const words = `retire the credential ${credential} of ${client} for good${successors} and revoke all its tokens`
    return { place, input, words: flags.rotate ? `${words}, and make a new secret` : words }
  })
}

export const incident = adminCommand({
  name: 'incident',
  summary: 'Look into a leaked secret, token or private key, and make it worthless',
  details:
    'Tells whose it is, what was got with it and from where; then, when told to, retires the credential for good (or revokes\nthe one token), and writes a report. A secret of Mintmark and a private key never leave this machine: a digest and the\npublic key name them. Without a terminal to ask on and without --yes nothing is changed.',
  operands: {
    leaked: { optional: true, summary: 'The secret, token, jti or key; read from stdin or a prompt with - or nothing' },
  },
  options: {
    client: { type: 'text', value: 'CLIENT', summary: 'Whose it may be: needed of a secret that somebody chose' },
    since: { type: 'text', value: 'TIME', summary: 'How far back to read the audit log; 30d by default' },
    rotate: { type: 'switch', summary: 'Give the client a new secret in place of the leaked one' },
    expires: { type: 'text', value: 'TIME', summary: 'With --rotate: when the new secret ends, such as 90d' },
    'with-credential': { type: 'switch', summary: 'Of a token: treat the credential that got it as leaked too' },
    report: { type: 'text', value: 'FILE', summary: 'Write a report there: Markdown, or JSON for FILE.json' },
    ...confirmOptions,
    ...workspaceOptions,
  },
  examples: [
    { line: 'mintmark incident < leaked.txt', says: 'only look' },
    { line: 'mintmark incident - --rotate --yes --report leak.md < leaked.txt', says: 'end it now, with a report' },
    { line: 'mintmark incident Ab3dE6gH9k.5b0Zk1fJm3nVQ2yX7c9wTA', says: 'a token by its jti from a log' },
  ],
  run: async (invocation) => {
    const { admin, operands, options, environment, cwd, stdin, output, now, progress, confirm } = invocation
    if (options.expires !== undefined && !options.rotate) throw usageFailure('--expires needs --rotate')
    const since = readTime(options.since ?? '30d', '--since', now(), 'before')
    const expires = options.expires === undefined ? undefined : readTime(options.expires, '--expires', now(), 'after')
    const leak = await receive(operands.leaked, invocation)
    const found = await admin.identifyLeak(await question(leak, options, admin, environment))
    const credentials: Investigated[] = []
    for (const owner of found.owners) {
      credentials.push({ owner, trace: await gatherTrace(admin, owner, since, progress('reading the audit log')) })
    }
    const known: Incident = {
      leaked: leak.shown,
      time: new Date(now()).toISOString(),
      since,
      token: found.token,
      credentials,
      done: [],
    }
    if (output.format !== 'json') {
      const { screen } = output
      const parts = [
        ...(found.token === undefined ? [] : [renderFields(tokenFields(found.token), screen)]),
        ...credentials.map((one) => renderFields(ownerFields(one), screen)),
      ]
      screen.write(parts.join('\n'))
    }
    const report = options.report === undefined ? undefined : openReport(options.report, cwd)
    const answers: LeakAnswered[] = []
    const done = () => answers.map(({ secret: _secret, ...rest }) => rest)
    try {
      const steps = plan(leak, found, options, expires)
      if (options.yes || isTerminal(stdin)) {
        await confirm(
          `${steps.map(({ words }) => words).join('; ')}?`.replace(/^./, (first) => first.toUpperCase()),
          options.yes,
        )
        for (const { place, input } of steps) answers.push(await admin.respondToLeak(place, input))
      } else {
        output.remark('Nothing was changed: --yes goes on without being asked.')
      }
    } finally {
      report?.write({ ...known, done: done() })
      report?.close()
    }
    if (output.format === 'json') output.result({ ...known, done: answers }, () => '')
    else {
      for (const { response, client, credential, revision, frozen, secret } of answers) {
        const fields = [
          [
            response === 'token-revoked' ? 'revoked' : 'retired',
            response === 'token-revoked' ? `the token of ${client}` : credential,
          ],
          ['revision', revision],
          ['frozen', frozen],
          ['new secret', secret?.secret],
        ] as const
        output.screen.write(`\n${renderFields(fields, output.screen)}`)
        if (secret?.secret !== undefined) output.remark(secretRemark)
      }
    }
    return undefined
  },
})
