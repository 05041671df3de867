import { defineCommand } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { CommandFailure, usageFailure } from '../failure.ts'
import type { Finding } from '../scan/find-credentials.ts'
import { type ScanReport, scanPath, scanStream } from '../scan/scan-files.ts'
import { safeText } from '../terminal/safe-text.ts'

const kinds = { client_secret: 'client secret', access_token: 'access token' } as const

export const scan = defineCommand({
  name: 'scan',
  summary: 'Find leaked client secrets and opaque tokens in files, folders and pipes',
  details:
    'Nothing is sent anywhere: they are known by their prefix and their checksum. What is found is shown as\nPATH:LINE:COLUMN (the column in bytes), what it is, its prefix and its last four characters; never whole. Binary\nfiles are looked through too. In folders .git is left out, and links are not followed. Chosen secrets, JWTs, and what\nis compressed, encrypted, in base64 or in UTF-16 are not found. Ends with 0 when everything was read and nothing found,\nwith 1 when something was found or could not be read, with 2 when there is nothing to look through.',
  operands: {
    path: { optional: true, many: true, summary: 'Files and folders; - is stdin, as is none at all in a pipe' },
  },
  options: {},
  examples: [
    { line: 'mintmark scan .', says: 'everything below this folder' },
    { line: 'git log --all --patch --text | mintmark scan -', says: 'the whole history of a repository' },
    { line: 'journalctl --unit billing | mintmark scan - --json', says: 'a log, for a program' },
  ],
  run: async ({ operands, cwd, stdin, output }) => {
    const findings: (Finding & { readonly path: string })[] = []
    const unread: { readonly path: string; readonly reason: string }[] = []
    let [files, bytes, found] = [0, 0, 0]
    const report: ScanReport = {
      found: (finding) => {
        found += 1
        const { path, line, column, kind, redacted } = finding
        if (output.format === 'json') findings.push(finding)
        else output.screen.write(`${safeText(path)}:${line}:${column}: ${kinds[kind]} ${redacted}\n`)
      },
      unread: (path, reason) => unread.push({ path, reason }),
      read: (length) => {
        files += 1
        bytes += length
      },
    }
    const piped = operands.path.length === 0
    if (piped && (stdin as { readonly isTTY?: boolean }).isTTY === true)
      throw usageFailure('scan what? Name files or folders, or pipe something in', 'mintmark scan .')
    for (const path of piped ? ['-'] : operands.path) {
      if (path === '-') await scanStream('stdin', stdin, report)
      else await scanPath(path, cwd, report)
    }
    // A job without input must not pass for one that looked.
    if (piped && bytes === 0)
      throw usageFailure('nothing was piped in', 'name files or folders, or - where nothing may come')
    if (output.format === 'json') output.result({ findings, unread, files, bytes }, () => '')
    output.remark(`${found} found in ${files} ${files === 1 ? 'file' : 'files'}, ${bytes} bytes`)
    if (unread.length > 0) {
      const details = unread.map(({ path, reason }) => `${safeText(path)}: ${reason}`)
      throw new CommandFailure(exitCode.failed, 'not everything could be read', { details })
    }
    return found > 0 ? exitCode.failed : undefined
  },
})
