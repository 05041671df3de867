import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startWeatherApi } from './weather-api.ts'

const usage = `usage: npm start -- [--issuer URL] [--audience URI] [--port 6751] [--host 127.0.0.1]

environment: MINTMARK_ISSUER, or MINTMARK_URL for its workspace default/demo
             MINTMARK_CLIENT_ID with MINTMARK_CLIENT_SECRET or MINTMARK_CLIENT_SECRET_FILE, to ask the issuer about
             every token instead of verifying JWTs offline`

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        issuer: { type: 'string', default: defaultIssuer() },
        audience: { type: 'string', default: 'https://weather.example' },
        port: { type: 'string', default: '6751' },
        host: { type: 'string', default: '127.0.0.1' },
        help: { type: 'boolean', default: false },
      },
    })
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
      throw new TypeError('--port is a number from 0 to 65535')
    }
    return values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}

function defaultIssuer(): string {
  const { MINTMARK_ISSUER: issuer, MINTMARK_URL: base = 'http://localhost:6749' } = process.env
  return issuer ?? `${base.replace(/\/$/, '')}/default/demo`
}

function readIntrospection() {
  const {
    MINTMARK_CLIENT_ID: clientId,
    MINTMARK_CLIENT_SECRET: secret,
    MINTMARK_CLIENT_SECRET_FILE: file,
  } = process.env
  if (clientId === undefined) return undefined
  // The file is read each time, so that a rotated secret is taken up without a restart.
  if (file !== undefined) return { clientId, credential: () => readFileSync(file, 'utf8').trim() }
  return secret === undefined ? undefined : { clientId, credential: secret }
}

const { issuer, audience, port, host, help } = readFlags()
if (help) {
  console.log(usage)
} else {
  try {
    const api = await startWeatherApi({
      issuer,
      audience,
      port: Number(port),
      host,
      introspection: readIntrospection(),
      log: (line) => console.error(line),
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void api.close())
    console.log(`weather API: ${api.url}/weatherforecast\nlets in tokens of ${issuer} for ${audience}`)
  } catch (error) {
    const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    console.error(busy ? `port ${port} is taken: stop what uses it, or choose another with --port` : String(error))
    process.exitCode = 1
  }
}
