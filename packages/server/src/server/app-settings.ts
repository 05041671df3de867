import { readFileSync } from 'node:fs'
import type { AppDependencies } from '../app/dependencies.ts'
import { leakScanners, outboundRanges, webhookHosts } from '../config/safety.ts'
import type { Config } from '../config/schema.ts'
import { readScannerKeys, type Scanner } from '../leaks/scanner-keys.ts'

/** The public keys of a scanner: where they are, or what is in a file. @throws Error when the file has none */
const scannerKeys = (keys: string): Scanner['keys'] => {
  if (keys.startsWith('https://')) return { url: keys }
  try {
    const pinned: unknown = JSON.parse(readFileSync(keys, 'utf8'))
    readScannerKeys(pinned)
    return { pinned }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`leakReports.scanners: ${keys} cannot be used: ${reason}`, { cause })
  }
}

/** What the settings say to the application. @throws Error when a file they name cannot be read */
export const appSettings = (config: Config) =>
  ({
    outbound: {
      allowed: outboundRanges(config),
      ca: config.outboundCaFile === '' ? undefined : readFileSync(config.outboundCaFile, 'utf8'),
    },
    webhookHosts: webhookHosts(config),
    answerTimes: { endpoints: config.answerTime, administration: config.adminAnswerTime },
    failureLimits: {
      client: config.failureLimit,
      address: config.failedClientLimit,
      time: config.failureTime * 1000,
    },
    clientCapacity: config.clientCache,
    metadataMaxAge: config.metadataMaxAge,
    keysActive: config.keysActive,
    keysAnnounced: config.keysAnnounced,
    leakReports: {
      scanners: leakScanners(config).map(({ name, keys }) => ({ name, keys: scannerKeys(keys) })),
      labels: config.leakReportAnswer === 'labels',
    },
    outageLimit: config.auditOutageLimit * 1000,
    auditRetention: config.auditRetention,
  }) satisfies Partial<AppDependencies>
