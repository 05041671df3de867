import { closeSync, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemErrorCode } from '../connection/read-file.ts'
import { failed } from '../failure.ts'
import { safeJson, safeText } from '../terminal/safe-text.ts'
import { withoutFractions } from '../terminal/times.ts'
import { type Incident, ownerFields, timeline, tokenFields } from './view.ts'

/** Text from elsewhere must not become markup of the report. */
const plain = (text: string): string => safeText(text).replaceAll(/[\\`*_{}[\]<>|#]/g, (mark) => `\\${mark}`)

const table = (fields: readonly (readonly [string, string | readonly string[] | undefined])[]): string =>
  [
    '| | |',
    '| --- | --- |',
    ...fields.flatMap(([name, value]) =>
      [value ?? []].flat().map((text, index) => `| ${index === 0 ? name : ''} | ${plain(text)} |`),
    ),
  ].join('\n')

/** The report for people, as Markdown. */
export const renderReport = (incident: Incident): string =>
  [
    `# Leak of ${plain(incident.leaked)}`,
    `Looked into at ${withoutFractions(incident.time)}; the audit log was read since ${withoutFractions(incident.since)}.`,
    '## Timeline',
    ...[
      timeline(incident)
        .map(([at, what]) => `- ${at} ${plain(what)}`)
        .join('\n'),
    ],
    ...(incident.token === undefined ? [] : ['## The token', table(tokenFields(incident.token))]),
    ...incident.credentials.flatMap((one) => [
      `## Credential ${plain(one.owner.credential)} of ${plain(one.owner.client)}`,
      table(ownerFields(one)),
    ]),
    '## Done',
    incident.done.length === 0
      ? 'Nothing was changed.'
      : incident.done
          .map(({ time, response, client, credential, revision, frozen }) =>
            response === 'token-revoked'
              ? `- ${withoutFractions(time)}: the token of ${plain(client)} was revoked.`
              : `- ${withoutFractions(time)}: credential ${plain(credential)} of ${plain(client)} was retired, and its tokens were revoked. Revision ${revision}.${frozen === undefined ? '' : ` Frozen, since they came after it: ${frozen.map(plain).join(', ')}.`}`,
          )
          .join('\n'),
    'APIs that verify tokens offline let in what was issued before until it ends.',
    '',
  ].join('\n\n')

/** A report that is begun before anything is done, so that it cannot fail for want of a file afterwards. */
export type ReportFile = { readonly write: (incident: Incident) => void; readonly close: () => void }

/**
 * Makes the file, for its owner's eyes only (0600); JSON when its name ends in `.json`, Markdown otherwise.
 * @throws CommandFailure failed when it exists or cannot be made
 */
export const openReport = (path: string, cwd: string): ReportFile => {
  try {
    const file = openSync(resolve(cwd, path), 'wx', 0o600)
    return {
      write: (incident) => {
        writeSync(
          file,
          path.endsWith('.json') ? `${safeJson(incident)}\n` : renderReport(incident).trimEnd().concat('\n'),
        )
      },
      close: () => closeSync(file),
    }
  } catch (error) {
    const code = systemErrorCode(error)
    throw failed(`cannot write the report ${path}: ${code === 'EEXIST' ? 'it exists already' : code || 'it failed'}`)
  }
}
