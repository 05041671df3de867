import { setTimeout as wait } from 'node:timers/promises'
import { TokenError } from '@mintmark/client'
import type { AdminClient } from '@mintmark/client/admin'
import type { FollowQuery } from '@mintmark/protocol/admin'
import { adminCommand } from '../admin-command.ts'
import { renderEvent } from '../audit-view.ts'
import { gather, listOptions, moreRemark, readLimit } from '../connection/pages.ts'
import { setting } from '../connection/secret-setting.ts'
import { readPlace } from '../connection/workspace.ts'
import { usageFailure } from '../failure.ts'
import type { Output } from '../output.ts'
import { given, listOrAbsent, readTime } from '../values.ts'

/** Seconds one request waits for the next event. */
const patience = 20
/** Milliseconds until a server that went away is asked again. */
const pause = 1000

/** Prints events as they come, until interrupted; a server that is away for a while is waited for. */
const follow = async (
  admin: AdminClient,
  filters: FollowQuery,
  output: Output,
  interrupted: AbortSignal,
): Promise<void> => {
  let { position } = await admin.followAuditEvents({ ...filters, wait: 0 })
  output.remark('Following; Ctrl-C ends it.')
  let away = false
  while (!interrupted.aborted) {
    try {
      const followed = await admin.followAuditEvents({ ...filters, position, wait: patience })
      for (const event of followed.items) output.line(event, (screen) => renderEvent(event, screen))
      position = followed.position
      away = false
    } catch (error) {
      if (!(error instanceof TokenError && error.temporary)) throw error
      if (!away) output.remark('The server is away; waiting for it.')
      away = true
      await wait(pause, undefined, { signal: interrupted })
    }
  }
}

export const audit = adminCommand({
  name: 'audit',
  summary: 'List what happened, newest first, or follow it: tokens issued and refused, revocations, changes',
  operands: {},
  options: {
    follow: {
      type: 'switch',
      summary: 'Print events as they happen, until Ctrl-C; one JSON object a line with --json',
    },
    workspace: {
      type: 'text',
      short: 'w',
      value: 'TENANT/WORKSPACE',
      summary: 'Only of this workspace (MINTMARK_WORKSPACE); of all without it',
    },
    client: { type: 'text', value: 'CLIENT', summary: 'Only about this client' },
    type: {
      type: 'text',
      value: 'TYPE',
      many: true,
      summary: 'Only of this type, such as token.refused; token. is all of token',
    },
    reference: { type: 'text', value: 'REFERENCE', summary: 'Only the refusal with this reference' },
    since: { type: 'text', value: 'TIME', summary: 'Only from then on: 2026-01-31T12:00:00Z, or 1h ago as 1h' },
    until: { type: 'text', value: 'TIME', summary: 'Only before then' },
    ...listOptions,
  },
  examples: [
    { line: 'mintmark audit --type token.refused --since 1h', says: 'what was refused in the last hour' },
    { line: 'mintmark audit --follow --client billing', says: 'watch a client' },
    { line: 'mintmark audit --all --since 2026-01-01 --json', says: 'everything since, for a program' },
  ],
  run: async ({ admin, options, environment, output, now, interrupted, progress }) => {
    const workspace = options.workspace ?? setting(environment, 'MINTMARK_WORKSPACE')
    if (workspace !== undefined) readPlace(workspace, '--workspace')
    const time = (text: string | undefined, flag: string) =>
      text === undefined ? undefined : readTime(text, flag, now(), 'before')
    const filters = given({
      workspace,
      client: options.client,
      type: listOrAbsent(options.type)?.join(','),
      reference: options.reference,
      since: time(options.since, '--since'),
      until: time(options.until, '--until'),
    })
    if (options.follow) {
      if (options.until !== undefined) throw usageFailure('--follow has no end: leave --until out')
      await follow(admin, filters, output, interrupted)
      return undefined
    }
    const { items, more } = await gather(
      (query) => admin.listAuditEvents({ ...filters, ...query }),
      readLimit(options),
      progress('events'),
    )
    output.result(items, (screen) => items.map((event) => renderEvent(event, screen)).join(''))
    if (items.length === 0) output.remark('Nothing happened that fits.')
    if (more) output.remark(moreRemark)
    return undefined
  },
})
