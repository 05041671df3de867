import type { Demo } from './dev.ts'

type Page = {
  readonly demo: Demo
  readonly adminUrl: string
  readonly weatherUrl: string
  readonly dataDirectory: string
  readonly milliseconds: number
  readonly colours: boolean
}

/** What `mintmark dev` prints once it is ready: where things are, and lines that work when pasted. */
export const demoPage = ({ demo, adminUrl, weatherUrl, dataDirectory, milliseconds, colours }: Page): string => {
  const style = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const bold = style(1)
  const dim = style(2)
  const secret = demo.clients['weather-website'] ?? ''
  const step = (title: string, ...lines: readonly string[]): string =>
    `  ${dim(`# ${title}`)}\n${lines.map((line) => `  ${line}\n`).join('')}`
  return `
  ${bold('Mintmark')} is ready ${dim(`in ${Math.round(milliseconds)} ms`)}

  Issuer        ${demo.issuer}
  Admin API     ${adminUrl}
  Weather API   ${weatherUrl}
  Data          ${dataDirectory}

  ${bold('Paste these into another terminal:')}

${step(
  'get a token, as the website does',
  `TOKEN=$(curl -s -u weather-website:${secret} -d grant_type=client_credentials ${demo.issuer}/oauth2/token | sed -E 's/.*"access_token":"([^"]+)".*/\\1/')`,
)}
${step('see what it says', `echo $TOKEN | cut -d. -f2 | tr _- /+ | base64 -d 2>/dev/null; echo`)}
${step(
  'call the weather API without it (401) and with it (200)',
  `curl -i ${weatherUrl}/weatherforecast`,
  `curl -i ${weatherUrl}/weatherforecast -H "Authorization: Bearer $TOKEN"`,
)}
${step(
  'ask about it, revoke it, and see that it is dead',
  `curl -s -u weather-website:${secret} -d token=$TOKEN ${demo.issuer}/oauth2/introspect; echo`,
  `curl -i -u weather-website:${secret} -d token=$TOKEN ${demo.issuer}/oauth2/revoke`,
  `curl -i ${weatherUrl}/weatherforecast -H "Authorization: Bearer $TOKEN"`,
)}
  ${dim('Ctrl-C stops it; everything is kept. Next: npx mintmark help, docs/README.md')}

`
}
