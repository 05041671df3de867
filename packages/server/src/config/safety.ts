import { isIP } from 'node:net'
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

/** The private ranges that may be reached for what clients name. */
export const outboundRanges = ({ outboundAllowed }: Pick<Config, 'outboundAllowed'>): readonly string[] =>
  outboundAllowed
    .split(',')
    .map((range) => range.trim())
    .filter((range) => range !== '')

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
  for (const range of outboundRanges(config)) {
    const [address = '', bits] = range.split('/')
    const most = isIP(address) === 4 ? 32 : 128
    if (isIP(address) === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) {
      problems.push(`outbound.allowed: ${range} is not an address or a range of addresses`)
    }
  }
  if (config.requestTimeout < config.headersTimeout) {
    problems.push('limits.requestTimeout is shorter than limits.headersTimeout, which is a part of it')
  }
  return problems
}
