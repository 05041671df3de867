import type { TokenRevocation } from '@mintmark/protocol/admin'
import { workspaceCommand } from '../../admin-command.ts'
import { readStdin } from '../../connection/read-file.ts'
import { usageFailure } from '../../failure.ts'
import { confirmOptions } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { tokenIn } from '../../token/explain-token.ts'
import { given, readTime } from '../../values.ts'

type Flags = {
  readonly jti: string | undefined
  readonly client: string | undefined
  readonly credential: string | undefined
  readonly all: boolean
  readonly issuedBefore: string | undefined
}

/** What is to be revoked, and how it is named in the question. */
const readTarget = (
  token: string | undefined,
  { jti, client, credential, all, issuedBefore }: Flags,
): { readonly revocation: TokenRevocation; readonly question: string | undefined } => {
  const named = [token, jti, client, all || undefined].filter((one) => one !== undefined).length
  if (named !== 1) throw usageFailure('name exactly one of: a TOKEN, --jti, --client, --all')
  if (credential !== undefined && client === undefined) throw usageFailure('--credential needs --client')
  const until = issuedBefore === undefined ? 'until now' : `before ${issuedBefore}`
  if (token !== undefined || jti !== undefined) {
    if (issuedBefore !== undefined) throw usageFailure('--issued-before is about many tokens, not one')
    return { revocation: token === undefined ? { jti: jti ?? '' } : { token }, question: undefined }
  }
  if (client === undefined) {
    const revocation = given({ workspace: true as const, issuedBefore })
    return { revocation, question: `Revoke every token of the workspace issued ${until}?` }
  }
  if (credential === undefined) {
    return { revocation: given({ client, issuedBefore }), question: `Revoke every token of ${client} issued ${until}?` }
  }
  return {
    revocation: given({ client, credential, issuedBefore }),
    question: `Revoke every token that ${client} got with the secret ${credential} ${until}?`,
  }
}

export const tokenRevoke = workspaceCommand({
  name: 'token revoke',
  summary: 'Revoke a token, or all of a secret, of a client or of the workspace',
  operands: { token: { optional: true, summary: 'The token; - reads it from stdin' } },
  options: {
    jti: { type: 'text', value: 'JTI', summary: 'The token with this id, as the audit log names it' },
    client: { type: 'text', value: 'CLIENT', summary: 'Every token of a client' },
    credential: { type: 'text', value: 'ID', summary: 'With --client: only those got with this secret' },
    all: { type: 'switch', summary: 'Every token of the workspace' },
    'issued-before': {
      type: 'text',
      value: 'TIME',
      summary: 'Only those issued before: 2026-01-31T12:00:00Z, or 1h ago as 1h',
    },
    ...confirmOptions,
  },
  examples: [
    { line: 'mintmark token revoke - < token.txt', says: 'one token' },
    { line: 'mintmark token revoke --client billing', says: 'all a client has; it can get new ones' },
    {
      line: 'mintmark token revoke --all --issued-before 2026-01-31T12:00:00Z --yes',
      says: 'what was issued before a breach was closed',
    },
  ],
  run: async ({ admin, place, operands, options, stdin, output, now, confirm }) => {
    const token =
      operands.token === undefined
        ? undefined
        : tokenIn(operands.token === '-' ? await readStdin(stdin) : operands.token)
    if (token === '') throw usageFailure('there is no token: it is empty')
    const before = options['issued-before']
    const { revocation, question } = readTarget(token, {
      ...options,
      issuedBefore: before === undefined ? undefined : readTime(before, '--issued-before', now(), 'before'),
    })
    if (question !== undefined) await confirm(question, options.yes)
    const revoked = await admin.revokeTokens(place, revocation)
    output.result(revoked, (screen) =>
      renderFields(
        [
          ['revoked', revoked.subject],
          [revoked.subject, revoked.value === '' ? `${place.tenant}/${place.workspace}` : revoked.value],
          ['issued until', revoked.issuedUntil],
        ],
        screen,
      ),
    )
    return undefined
  },
})
