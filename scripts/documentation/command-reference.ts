import { type Command, cliCommands, flagSummary, flagText, usageLine } from '@mintmark/cli'
import type { ServerCommand } from '@mintmark/server/bin'
import { localCommands } from 'mintmark/commands'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

const table = (head: readonly [string, string], rows: readonly (readonly [string, string])[]): string =>
  [`| ${head.join(' | ')} |`, '| --- | --- |', ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`)].join('\n')

const introduction = `# The command line

Generated from the list of commands by \`npm run generate\`; do not edit.

\`mintmark\` has two kinds of commands. Those of the first kind run on the server's machine and are the server. Those of
the second kind speak to a running server, from anywhere; \`mintmark help COMMAND\` shows what stands here, and
[tour.md](tour.md) walks through it.

## How a command finds the server

In this order: the flags \`--admin-url\`, \`--data-dir\` and \`--ca-file\`; the environment; the file \`administrator.json\`
that a server leaves in its data directory when it first starts. On the server's machine nothing needs to be set.

| environment | meaning |
| --- | --- |
| \`MINTMARK_ADMIN_URL\` | where the admin API is |
| \`MINTMARK_ADMIN_CLIENT_ID\` | the administrator: a client of the workspace \`system/admin\` |
| \`MINTMARK_ADMIN_CLIENT_SECRET\` | its secret; \`MINTMARK_ADMIN_CLIENT_SECRET_FILE\` names a file with it |
| \`MINTMARK_CA_FILE\` | a certificate to trust for https |
| \`MINTMARK_DATA_DIR\` | the data directory of a server on this machine; \`./mintmark-data\` by default |
| \`MINTMARK_WORKSPACE\` | the workspace that commands are about; the only one there is by default |
| \`NO_COLOR\` | no colours |

## What every command keeps to

- Results go to stdout; remarks, questions and errors go to stderr. \`--json\` (short for \`--output json\`) prints exactly
  one JSON value, or one a line where events are followed.
- Secrets are never arguments: they come from a file, from the environment or from stdin. A secret the server makes is
  printed by the command that makes it and never again.
- What cannot be undone is asked about on a terminal. Elsewhere it needs \`--yes\`.
- A command that takes \`--change ID\` stages its change in that change set instead of committing it.
- A list that is given replaces the one that is there; \`none\` empties it.
- Spans are seconds or \`5m\`, \`1h\`, \`30d\`; times are such as \`2026-01-31T12:00:00Z\`, in UTC.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed: tried, and the line on stderr says why |
| 2 | usage: the command line makes no sense; nothing was tried |
| 3 | not found |
| 4 | denied: the credential is wrong, or may not do this |
| 78 | bad configuration: environment, credential file or \`mintmark.yaml\` |
| 130 | interrupted |

## Completion

\`mintmark completion bash\`, \`zsh\` or \`fish\` prints a script for the shell; \`mintmark help completion\` says where to put it.
`

/** Explained once for all commands that have them. */
const connectionFlags: readonly string[] = ['admin-url', 'data-dir', 'ca-file']

const commandSection = (command: Command): string => {
  const operands = Object.entries(command.operands).map(
    ([name, { summary }]) => [`\`${name.toUpperCase()}\``, summary] as const,
  )
  const connects = 'admin-url' in command.options
  const flags = Object.entries(command.options)
    .filter(([name]) => !(connects && connectionFlags.includes(name)))
    .map(([name, spec]) => [`\`${flagText(name, spec)}\``, flagSummary(spec)] as const)
  return [
    `### mintmark ${command.name}`,
    `${command.summary}.${command.details === undefined ? '' : ` ${command.details.replaceAll('\n', ' ')}`}`,
    `\`${usageLine(command)}\``,
    ...(operands.length + flags.length === 0 ? [] : [table(['argument or flag', 'meaning'], [...operands, ...flags])]),
    `\`\`\`text\n${command.examples.map(({ line, says }) => `# ${says}\n${line}`).join('\n')}\n\`\`\``,
  ].join('\n\n')
}

const serverSection = ({ name, summary, help }: ServerCommand): string =>
  `### mintmark ${name}\n\n${summary}.\n\n\`\`\`text\n${help.trim()}\n\`\`\``

/** The page `docs/cli.md`: every command there is, from the lists that run them. */
export const commandReference = (): string =>
  `${[
    introduction.trim(),
    "## On the server's machine",
    ...localCommands.map(serverSection),
    '## From anywhere, against a running server',
    'Besides its own flags every command takes `--output`, `--json` and `--help`, and those that call the admin API take\n`--admin-url`, `--data-dir` and `--ca-file`.',
    ...cliCommands.map(commandSection),
  ].join('\n\n')}\n`
