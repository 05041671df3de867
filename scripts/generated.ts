import { openApiDocument } from '@mintmark/protocol/admin'
import { conformanceFiles } from './conformance/files.ts'
import { commandReference } from './documentation/command-reference.ts'
import { configurationReference } from './documentation/configuration-reference.ts'
import { pageWithFiles } from './documentation/shown-files.ts'

/** A committed file that is made from the code. */
export type GeneratedFile = {
  /** Where it lies, from the root of the repository, with forward slashes. */
  readonly path: string
  /** Its whole text, the same on every machine and at every time. */
  readonly generate: () => string | Promise<string>
}

/** Every generated file; `npm run check` compares them and `npm run generate` writes them. */
export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'docs/cli.md', generate: commandReference },
  { path: 'docs/configuration.md', generate: configurationReference },
  // Written by hand, but for the programs and configurations they show.
  { path: 'docs/gateways.md', generate: () => pageWithFiles('docs/gateways.md') },
  { path: 'docs/protect-an-api.md', generate: () => pageWithFiles('docs/protect-an-api.md') },
  { path: 'docs/openapi.json', generate: () => `${JSON.stringify(openApiDocument(), undefined, 2)}\n` },
  ...conformanceFiles,
]
