import { isIP } from 'node:net'
import { isAddressRange } from '../lib/address-range.ts'
import type { Config } from './schema.ts'

const loopbackName = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '')
  return (
    bare === 'localhost' ||
    bare.endsWith('.localhost') ||
    bare === '::1' ||
    (isIP(bare) === 4 && bare.startsWith('127.'))
  )
}

const urlProblems = (name: string, value: string, insecure: boolean): string[] => {
  if (value === '') return []
  let url: URL
  try {
    url = new URL(value)
  } catch {
    return [`${name} is not a URL: ${value}`]
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return [`${name} must be an https URL`]
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || value.endsWith('/')) {
    return [`${name} must be scheme, host, port and path only, without a slash at its end`]
  }
  if (url.protocol === 'http:' && !loopbackName(url.hostname) && !insecure) {
    return [`${name} is http beyond loopback: use https (or set insecureHttp in a network that encrypts by itself)`]
  }
  return []
}

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((range) => range.trim())
    .filter((range) => range !== '')

/** The private ranges that may be reached for what clients name. */
export const outboundRanges = ({ outboundAllowed }: Pick<Config, 'outboundAllowed'>): readonly string[] =>
  listed(outboundAllowed)

/** Hosts and ranges on private networks where webhooks may be. */
export const webhookHosts = ({ webhooksAllowed }: Pick<Config, 'webhooksAllowed'>): readonly string[] =>
  listed(webhooksAllowed)

const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i

/** What is neither a name nor a range: a mistyped address must not pass for a name. */
const hostProblems = (name: string, hosts: readonly string[]): string[] =>
  hosts.flatMap((host) => (hostName.test(host) && !/^[\d.]+$/.test(host) ? [] : rangeProblems(name, [host])))

/** The proxies that may pass on certificates of clients. */
export const proxyRanges = ({ proxyAddresses }: Pick<Config, 'proxyAddresses'>): readonly string[] =>
  listed(proxyAddresses)

/** Who may report leaks, and where its public keys are: a URL or a file. */
export const leakScanners = ({
  leakReportScanners,
}: Pick<Config, 'leakReportScanners'>): readonly { readonly name: string; readonly keys: string }[] =>
  listed(leakReportScanners).map((entry) => {
    const at = entry.indexOf('=')
    return { name: entry.slice(0, Math.max(0, at)), keys: entry.slice(at + 1) }
  })

const scannerProblems = (config: Config): string[] => {
  const scanners = leakScanners(config)
  const twice = scanners.find(({ name }, index) => scanners.findIndex((other) => other.name === name) !== index)
  return [
    ...scanners
      .filter(({ name, keys }) => !/^[a-z][a-z0-9-]{0,30}$/.test(name) || keys === '' || keys.startsWith('http:'))
      .map(
        ({ name }) => `leakReports.scanners: ${name || 'an entry'} must be NAME=URL with an https URL, or NAME=FILE`,
      ),
    ...(twice === undefined ? [] : [`leakReports.scanners: ${twice.name} is named twice`]),
  ]
}

const rangeProblems = (name: string, ranges: readonly string[]): string[] =>
  ranges
    .filter((range) => !isAddressRange(range))
    .map((range) => `${name}: ${range} is not an address or a range of addresses`)

const certificateProblems = (config: Config): string[] => {
  const problems = [
    ...urlProblems('mtls.url', config.mtlsUrl, false),
    ...rangeProblems('proxy.addresses', proxyRanges(config)),
  ]
  const { mtlsPort: port } = config
  if (config.mtls && config.tls === 'off') problems.push('mtls.enabled needs TLS: set tls.mode')
  if (config.mtls && port !== 0 && (port === config.publicPort || port === config.adminPort)) {
    problems.push('mtls.port is the port of another listener')
  }
  if (config.mtlsUrl.startsWith('http:')) problems.push('mtls.url must be an https URL: certificates come with TLS')
  const headed = config.proxyCertificateHeader !== 'off' || config.proxyAddressHeader !== 'off'
  if (proxyRanges(config).length > 0 !== headed) {
    problems.push(
      'proxy.addresses goes with proxy.addressHeader, proxy.certificateHeader or both: set none without the other',
    )
  }
  if (config.mtlsUrl !== '' && !config.mtls && config.proxyCertificateHeader === 'off') {
    problems.push('mtls.url needs mtls.enabled, or proxy.certificateHeader behind a proxy that takes certificates')
  }
  return problems
}

/** Whether there must be a proxy in front that does TLS, and it is not said how it tells whose requests it passes on. */
export const hidesCallers = ({ tls, url, proxyAddressHeader }: Config): boolean =>
  tls === 'off' && url.startsWith('https:') && proxyAddressHeader === 'off'

/** Settings that are valid one by one and unsafe or contradictory together; each stops the start. */
export const unsafeSettings = (config: Config): readonly string[] => {
  const problems = [
    ...urlProblems('url', config.url, config.insecureHttp),
    ...urlProblems('admin.url', config.adminUrl, config.insecureHttp),
  ]
  if (config.tls === 'off' && !loopbackName(config.adminHost) && !config.insecureHttp) {
    problems.push(
      'admin.host is beyond loopback without TLS: set tls.mode (or insecureHttp behind a proxy that encrypts)',
    )
  }
  if (
    config.tls === 'off' &&
    !loopbackName(config.publicHost) &&
    !config.insecureHttp &&
    !config.url.startsWith('https:')
  ) {
    problems.push(
      'public.host is beyond loopback without TLS: set tls.mode, or url to the https URL of the proxy in front of it (or insecureHttp)',
    )
  }
  if (config.tls === 'files' && (config.tlsCertFile === '' || config.tlsKeyFile === '')) {
    problems.push('tls.mode files needs tls.certFile and tls.keyFile')
  }
  if (config.tls !== 'files' && (config.tlsCertFile !== '' || config.tlsKeyFile !== '')) {
    problems.push('tls.certFile and tls.keyFile are for tls.mode files')
  }
  if (config.tls === 'dev' && config.url !== '' && !loopbackName(new URL(config.url).hostname)) {
    problems.push('tls.mode dev is for loopback only: use files')
  }
  if (config.publicPort !== 0 && config.publicPort === config.adminPort && config.publicHost === config.adminHost) {
    problems.push('public.port and admin.port are the same')
  }
  if (config.gatewayRoutes !== '' && config.gatewayPeers === '' && !loopbackName(config.gatewayHost)) {
    problems.push("gateway.host is beyond loopback: set gateway.peers to the gateways' addresses")
  }
  if (config.storeListenUrl !== '' && !config.store.startsWith('postgres')) {
    problems.push('storeListenUrl is for a PostgreSQL store')
  }
  problems.push(...scannerProblems(config))
  problems.push(...hostProblems('webhooks.allowed', webhookHosts(config)))
  problems.push(...rangeProblems('outbound.allowed', outboundRanges(config)), ...certificateProblems(config))
  if (config.requestTimeout < config.headersTimeout) {
    problems.push('limits.requestTimeout is shorter than limits.headersTimeout, which is a part of it')
  }
  return problems
}
