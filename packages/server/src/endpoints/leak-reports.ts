import { verify } from 'node:crypto'
import { OAuthError } from '@mintmark/protocol'
import { readScanReport } from '../leaks/scan-report.ts'
import type { Scanner, ScannerKeys } from '../leaks/scanner-keys.ts'
import type { TakeFinding } from '../leaks/take-finding.ts'
import { failure, type Log } from '../lib/log.ts'
import { type HttpRequest, type HttpResponse, json, noStore } from '../lib/message.ts'

/** Where scanners report, each under its name; no workspace has paths below it. */
export const leakReportsPath = '/leak-reports/'

/** Signed reports of a scanner that are taken in a row, and how many more each second. */
const burst = 60
const perSecond = 1
/** Signed reports that are worked on at once. */
const mostAtOnce = 4
/** Findings of a report that are worked on at once: each may wait for the second to end. */
const together = 5
/** An answer leaves at a multiple of this after its request came, in milliseconds: whether it took work is not seen. */
const answerStep = 1500

/** What is not signed by who it says gets this, whatever it holds. */
const unsigned = (): HttpResponse =>
  json(403, { error: 'access_denied', error_description: 'The report is not signed by this scanner.' }, noStore)

const later = (code: 'temporarily_unavailable', check: string, seconds: number): OAuthError =>
  new OAuthError(code, 'The server cannot take the report now. Try again later.', {
    check,
    headers: { 'retry-after': String(seconds) },
  })

const single = (value: string | readonly string[] | undefined): string => (typeof value === 'string' ? value : '')

/**
 * Where code hosts report what they found (GitHub's secret scanning partner program, GitLab's token revocation): a JSON
 * array, signed by ECDSA on P-256 with SHA-256 over the body, the signature in base64 of DER.
 *
 * Whoever has not signed learns nothing: the body is not even looked at. A scanner learns which of its findings are ours
 * only where `labels` says so.
 * @returns undefined for a path that is not that of a scanner
 */
export const createLeakReports = ({
  scanners,
  keys,
  takeFinding,
  labels,
  elapsed,
  wait,
  log,
}: {
  readonly scanners: readonly Scanner[]
  readonly keys: ScannerKeys
  readonly takeFinding: TakeFinding
  readonly labels: boolean
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed: () => number
  /** Lets so many milliseconds pass. */
  readonly wait: (milliseconds: number) => Promise<void>
  readonly log: Log
}): ((request: HttpRequest) => Promise<HttpResponse | undefined>) => {
  const allowance = new Map<string, { left: number; at: number }>()
  let underWay = 0

  const isSigned = async (scanner: Scanner, { headers, body }: HttpRequest): Promise<boolean> => {
    const identifier = single(headers[`${scanner.name}-public-key-identifier`])
    const signature = Buffer.from(single(headers[`${scanner.name}-public-key-signature`]), 'base64')
    if (identifier === '' || signature.length === 0) return false
    const key = await keys.find(scanner, identifier).catch(() => {
      throw later('temporarily_unavailable', 'scanner-keys-available', 30)
    })
    if (key === undefined) return false
    return new Promise((resolve, reject) => {
      // On the thread pool; a signature that is no DER is simply wrong.
      verify('sha256', body, key, signature, (error, right) => (error === null ? resolve(right) : reject(error)))
    })
  }

  /** Only what is signed is counted, or a stranger could use up what is the scanner's. */
  const assertAllowed = ({ name }: Scanner): void => {
    const now = elapsed()
    const { left, at } = allowance.get(name) ?? { left: burst, at: now }
    const filled = Math.min(burst, left + ((now - at) / 1000) * perSecond)
    allowance.set(name, { left: filled < 1 ? filled : filled - 1, at: now })
    if (filled < 1) throw later('temporarily_unavailable', 'scanner-rate', 5)
    if (underWay >= mostAtOnce) throw later('temporarily_unavailable', 'scanner-reports-at-once', 5)
  }

  const takeAll = async (scanner: Scanner, request: HttpRequest): Promise<HttpResponse> => {
    const findings = readScanReport(request.body)
    if (findings === undefined) {
      throw new OAuthError('invalid_request', 'The report is not a list of findings.', { check: 'scan-report' })
    }
    const by = { actor: `scanner/${scanner.name}`, address: request.address }
    const known = new Map<string, boolean>()
    const different = [...new Map(findings.map((finding) => [finding.token, finding])).values()]
    for (let start = 0; start < different.length; start += together) {
      const some = different.slice(start, start + together)
      await Promise.all(some.map(async (finding) => known.set(finding.token, await takeFinding(finding, by))))
    }
    log.info('leak report taken', { scanner: scanner.name, findings: findings.length, address: request.address })
    if (!labels) return { status: 200, headers: noStore }
    const feedback = findings.map(({ token, type }) => ({
      token_raw: token,
      token_type: type,
      label: known.get(token) === true ? 'true_positive' : 'false_positive',
    }))
    return json(200, feedback, noStore)
  }

  return async (request) => {
    const scanner = scanners.find(({ name }) => request.path === `${leakReportsPath}${name}`)
    if (scanner === undefined) return undefined
    if (request.method !== 'POST') {
      return json(
        405,
        { error: 'invalid_request', error_description: 'The method is not allowed here.' },
        {
          allow: 'POST',
          ...noStore,
        },
      )
    }
    const signed = await isSigned(scanner, request).catch((error: unknown) => {
      if (error instanceof OAuthError) throw error
      log.info('signature of a leak report not verified', failure(error))
      return false
    })
    if (!signed) {
      log.info('leak report refused', { scanner: scanner.name, check: 'scanner-signature', address: request.address })
      return unsigned()
    }
    assertAllowed(scanner)
    underWay += 1
    const began = elapsed()
    try {
      return await takeAll(scanner, request)
    } finally {
      underWay -= 1
      const taken = elapsed() - began
      await wait(Math.ceil(taken / answerStep) * answerStep - taken)
    }
  }
}
