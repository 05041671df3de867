/** Issuer and secrets of the demo workspace. */
export type Demo = { readonly issuer: string; readonly clients: Readonly<Record<string, string>> }

type Page = {
  readonly demo: Demo
  readonly adminUrl: string
  readonly weatherUrl: string
  readonly dataDirectory: string
  /** Certificate to trust, with a development certificate. */
  readonly caFile: string | undefined
  readonly milliseconds: number
  readonly colours: boolean
}

/** What `mintmark dev` prints once it is ready: where things are, and lines that work when pasted. */
export const demoPage = ({
  demo,
  adminUrl,
  weatherUrl,
  dataDirectory,
  caFile,
  milliseconds,
  colours,
}: Page): string => {
  const style = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const bold = style(1)
  const dim = style(2)
  const curl = caFile === undefined ? 'curl' : `curl --cacert ${caFile}`
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

${step('where and who', `ISSUER=${demo.issuer}`, `API=${weatherUrl}/weatherforecast`, `SECRET=${secret}`)}
${step(
  'get a token, as the website does',
  `TOKEN=$(${curl} -s -u weather-website:$SECRET -d grant_type=client_credentials $ISSUER/oauth2/token | sed -E 's/.*"access_token":"([^"]+)".*/\\1/')`,
)}
${step('see what it says', 'npx mintmark token inspect $TOKEN')}
${step('call the weather API without it (401), and with it (200)', 'curl -si $API; echo', 'curl -si -H "Authorization: Bearer $TOKEN" $API; echo')}
${step(
  'ask about it, revoke it, and see that it is dead',
  `${curl} -s -u weather-website:$SECRET -d token=$TOKEN $ISSUER/oauth2/introspect; echo`,
  `${curl} -si -u weather-website:$SECRET -d token=$TOKEN $ISSUER/oauth2/revoke`,
  'curl -si -H "Authorization: Bearer $TOKEN" $API; echo',
)}
  ${dim('Ctrl-C stops it; everything is kept. Next: npx mintmark help')}

`
}
