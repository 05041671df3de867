/** Headers about one connection, not about the message (RFC 9110 §7.6.1), and what old proxies made of them. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Names and values in turn, as `rawHeaders` has them. */
export type HeaderLines = readonly string[]

/** Calls for each line, with the name in lower case. */
export const eachLine = (lines: HeaderLines, visit: (name: string, value: string, asSent: string) => void): void => {
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = lines[index] ?? ''
    visit(name.toLowerCase(), lines[index + 1] ?? '', name)
  }
}

/** Makes the test for headers that end here: the known ones, and those that the message's `Connection` names. */
export const endsHere = (lines: HeaderLines): ((name: string) => boolean) => {
  const named = new Set<string>()
  eachLine(lines, (name, value) => {
    if (name !== 'connection') return
    for (const one of value.split(',')) named.add(one.trim().toLowerCase())
  })
  return (name) => hopByHop.has(name) || named.has(name)
}
