import { foldedName } from '../table/header-rules.ts'

/** Headers by which some frameworks and servers are told another method or path than the request line has. */
const overrideHeaders: ReadonlySet<string> = new Set([
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
  // Gunicorn takes `SCRIPT_NAME` off the path when its proxy is on the same machine; others know `PATH_INFO` so.
  'script-name',
  'path-info',
])

/** Whether a header overrides method or path somewhere, also when spelt with underscores. */
export const isOverrideHeader = (name: string): boolean => overrideHeaders.has(foldedName(name))

/** Whether a query has a parameter by which some frameworks are told another method. */
export const queryOverridesMethod = (query: string): boolean => {
  if (query === '' || !/method/i.test(decodeLeniently(query))) return false
  // Some servers divide a query at semicolons too.
  return query.split(/[&;]/).some((pair) => {
    const name = decodeLeniently(pair.split('=')[0] ?? '').trim()
    // PHP makes an underscore of a dot: `.method` is `_method` there. And some take the header's name in the query too.
    return /^-method\b|^x-(?:http-method|method-override)\b/.test(foldedName(name))
  })
}

/** Decoded as often as it can be: whoever decodes more than once reads no more than this. */
const decodeLeniently = (text: string): string => {
  let decoded = text.replaceAll('+', ' ')
  for (let times = 0; times < 3; times += 1) {
    decoded = decoded.replace(/%(?:u00)?([0-9a-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
  }
  return decoded
}
