import { settings } from '@mintmark/server'

type AnySetting = (typeof settings)[keyof typeof settings] & {
  readonly flag?: string
  readonly secret?: true
  readonly choices?: readonly string[]
  readonly defaultText?: string
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
const code = (text: string): string => `\`${text}\``

const typeOf = (setting: AnySetting): string => {
  if (setting.type === 'integer') {
    return `${setting.unit}, ${setting.minimum} to ${setting.maximum}`
  }
  if (setting.type === 'switch') return '`true` or `false`'
  if (setting.choices !== undefined) return setting.choices.map(code).join(', ')
  return setting.secret === true ? 'text, secret' : 'text'
}

const defaultOf = (setting: AnySetting): string => {
  if (setting.defaultText !== undefined) return setting.defaultText
  if (setting.type === 'integer') return String(setting.default)
  const text = String(setting.default)
  return text === '' ? 'none' : code(text)
}

const namesOf = (setting: AnySetting): string =>
  [
    code(setting.environment),
    ...(setting.secret === true ? [code(`${setting.environment}_FILE`)] : []),
    ...(setting.flag === undefined ? [] : [code(setting.flag)]),
  ].join('<br>')

const row = (setting: AnySetting): string =>
  `| ${code(setting.path)} | ${namesOf(setting)} | ${cell(typeOf(setting))} | ${cell(defaultOf(setting))} | ${cell(setting.sentence)} |`

/** `docs/configuration.md`: every setting of the process, from the schema that the server reads. */
export const configurationReference = (): string => `# The settings of the process

Generated from the schema of the settings by \`npm run generate\`; do not edit.

They say where the server listens, keeps its data and what its limits are. Workspaces, APIs and clients are no settings: they
are in the database, and are changed through the admin API and the command line.

A setting comes from a YAML file (\`--config FILE\` or \`MINTMARK_CONFIG\`), from the environment, or from a flag; of several, the
last of these wins. In the file a dot is a level:

\`\`\`yaml
url: https://tokens.example.com
public:
  host: 0.0.0.0
tls:
  mode: files
  certFile: /etc/mintmark/tls.crt
  keyFile: /etc/mintmark/tls.key
\`\`\`

A secret can also come from a file, named by the environment name and \`_FILE\`. Unknown settings, settings that are there twice,
YAML aliases and values out of range stop the start; \`mintmark config check\` says whether they would, and
\`mintmark config print\` shows every value and where it comes from.

| setting | environment, flag | value | default | |
| --- | --- | --- | --- | --- |
${(Object.values(settings) as readonly AnySetting[]).map(row).join('\n')}
`
