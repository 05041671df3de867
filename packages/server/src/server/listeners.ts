import { proxyRanges } from '../config/safety.ts'
import type { Config } from '../config/schema.ts'
import type { CertificateProxy } from '../http/certificate-headers.ts'
import type { TurnAway } from '../http/early-refusal.ts'
import { type CertificateSource, createListener, type Listener } from '../http/listener.ts'
import type { LoadShedding } from '../http/load-shedding.ts'
import { logged } from '../http/observed.ts'
import type { HandleRequest } from '../http/router.ts'
import type { TlsMaterial } from '../http/tls.ts'
import type { Log } from '../lib/log.ts'
import type { Statistics } from '../operations/statistics.ts'

/** The listeners of a server, all of them listening. */
export type Listeners = Pick<Listener, 'renewTls' | 'drain'> & {
  /** Base URL of the public listener: the one it was given, else the name of this machine's loopback and the port it got. */
  readonly publicUrl: string
  /** That of the management listener. */
  readonly adminUrl: string
  /** That of the listener for clients with certificates, or of a proxy that takes them; undefined where there is neither. */
  readonly mtlsUrl: string | undefined
  /**
   * Stops accepting and answers what was accepted; health is answered until the last public request is.
   * @param timeout milliseconds after which what is left is cut
   * @returns how many connections were cut
   */
  readonly close: (timeout: number) => Promise<number>
}

/**
 * Opens the public listener, the one for clients with certificates where the settings have it, and that for management.
 * @param handlers what each answers; the public listener and the one for certificates answer the same
 * @throws the error of the listener that cannot have its port, with none left open
 */
export const openListeners = async ({
  config,
  tls,
  proxy,
  handlers,
  statistics,
  loadShedding,
  log,
}: {
  readonly config: Config
  readonly tls: TlsMaterial | undefined
  /** Proxies that pass on certificates of clients to the public listener. */
  readonly proxy: CertificateProxy | undefined
  readonly handlers: { readonly public: HandleRequest; readonly management: HandleRequest }
  readonly statistics: Statistics
  readonly loadShedding: Pick<LoadShedding, 'shed' | 'turnAway' | 'holdBack'>
  readonly log: Log
}): Promise<Listeners> => {
  const header = config.proxyAddressHeader
  const addressProxy = header === 'off' ? undefined : { addresses: proxyRanges(config), header }
  type Place = {
    host: string
    port: number
    body: number
    handle: HandleRequest
    certificates?: CertificateSource
    turnAway?: TurnAway
  }
  const listener = (name: string, { host, port, body, handle, certificates, turnAway }: Place): Listener =>
    createListener({
      host,
      port,
      tls,
      strictTransport: config.tls === 'files' || config.url.startsWith('https:'),
      certificateSource: certificates,
      addressProxy,
      limits: {
        body,
        headers: config.headerLimit,
        connections: config.connectionLimit,
        headersTimeout: config.headersTimeout,
        requestTimeout: config.requestTimeout,
        keepAliveTimeout: config.keepAliveTimeout,
      },
      handle: logged(handle, log),
      onProblem: (problem) => statistics.countConnectionProblem(name, problem),
      holdBack: loadShedding.holdBack,
      ...(turnAway === undefined ? {} : { turnAway }),
    })
  const forEverybody = {
    host: config.publicHost,
    body: config.bodyLimit,
    handle: loadShedding.shed(handlers.public),
    turnAway: loadShedding.turnAway,
  }
  const publicListener = listener('public', {
    ...forEverybody,
    port: config.publicPort,
    ...(proxy === undefined ? {} : { certificates: proxy }),
  })
  const mtlsListener = config.mtls
    ? listener('mtls', { ...forEverybody, port: config.mtlsPort, certificates: 'connection' })
    : undefined
  const managementListener = listener('management', {
    host: config.adminHost,
    port: config.adminPort,
    body: config.adminBodyLimit,
    handle: handlers.management,
  })
  const all = [publicListener, ...(mtlsListener === undefined ? [] : [mtlsListener]), managementListener]
  const close = async (timeout: number): Promise<number> => {
    const began = performance.now()
    const [cutPublic, cutMtls] = await Promise.all([publicListener.close(timeout), mtlsListener?.close(timeout) ?? 0])
    const left = Math.max(0, timeout - (performance.now() - began))
    return cutPublic + cutMtls + (await managementListener.close(left))
  }

  const localUrl = (port: number): string => `${config.tls === 'off' ? 'http' : 'https'}://localhost:${port}`
  try {
    const publicPort = await publicListener.listen()
    const mtlsPort = await mtlsListener?.listen()
    const adminPort = await managementListener.listen()
    return {
      publicUrl: config.url || localUrl(publicPort),
      adminUrl: config.adminUrl || localUrl(adminPort),
      mtlsUrl: config.mtlsUrl || (mtlsPort === undefined ? undefined : localUrl(mtlsPort)),
      renewTls: (material) => {
        for (const each of all) each.renewTls(material)
      },
      drain: () => {
        for (const each of all) each.drain()
      },
      close,
    }
  } catch (error) {
    await close(0)
    throw error
  }
}
