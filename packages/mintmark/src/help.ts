import { readFileSync } from 'node:fs'
import { cliCommands } from '@mintmark/cli'
import { serverCommands } from '@mintmark/server/bin'

/** The version of this package. */
export const version = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version

const rows = (commands: readonly { readonly name: string; readonly summary: string }[]): string => {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 3
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`).join('\n')
}

/** What `mintmark` alone prints: every command there is. */
export const help = (): string => `Mintmark, the authorization system for machines.

Usage: mintmark COMMAND [ARGUMENTS] [FLAGS]

On the server's machine:
${rows(serverCommands)}

From anywhere, against a running server:
${rows(cliCommands)}

mintmark help COMMAND explains one, with examples.
`
