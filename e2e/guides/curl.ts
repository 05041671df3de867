import { execFile, spawnSync } from 'node:child_process'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

export type CurlAnswer = {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const installed = spawnSync('curl', ['--version']).status === 0

const readAnswer = (text: string): CurlAnswer => {
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = lines.map((header) => {
    const colon = header.indexOf(':')
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
  })
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(headers), body: text.slice(end + 4) }
}

const byCurl = (args: readonly string[]): Promise<CurlAnswer> =>
  new Promise((resolve, reject) => {
    execFile('curl', ['--silent', '--show-error', '--include', '--max-time', '20', ...args], (error, stdout) => {
      if (error === null) resolve(readAnswer(stdout))
      else reject(error)
    })
  })

/** What curl sends for the few options the guides use, for machines without it. */
const byNode = (args: readonly string[]): Promise<CurlAnswer> => {
  let url = ''
  let method: string | undefined
  let insecure = false
  const headers: Record<string, string> = { accept: '*/*' }
  const data: string[] = []
  const rest = [...args]
  const options: Readonly<Record<string, () => void>> = {
    '-k': () => {
      insecure = true
    },
    '-X': () => {
      method = rest.shift()
    },
    '-H': () => {
      const header = rest.shift() ?? ''
      const colon = header.indexOf(':')
      headers[header.slice(0, colon).toLowerCase()] = header.slice(colon + 1).trim()
    },
    '-d': () => void data.push(rest.shift() ?? ''),
    '--data-urlencode': () => {
      const [name = '', ...value] = (rest.shift() ?? '').split('=')
      data.push(`${name}=${encodeURIComponent(value.join('='))}`)
    },
    '-u': () => {
      headers.authorization = `Basic ${Buffer.from(rest.shift() ?? '').toString('base64')}`
    },
  }
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const option = options[arg]
    if (option === undefined) url = arg
    else option()
  }
  const body = data.join('&')
  if (data.length > 0) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded'
    headers['content-length'] = String(Buffer.byteLength(body))
  }
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = send(
      url,
      { method: method ?? (data.length > 0 ? 'POST' : 'GET'), headers, rejectUnauthorized: !insecure },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const answered = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(answered),
            body: Buffer.concat(chunks).toString(),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Runs a curl command line of a guide, with the real curl where there is one. Options known to both: -k -X -H -d -u --data-urlencode. */
export const curl = installed ? byCurl : byNode

/** The JSON object of an answer. */
export const jsonOf = ({ body }: CurlAnswer): Readonly<Record<string, unknown>> =>
  JSON.parse(body) as Readonly<Record<string, unknown>>
