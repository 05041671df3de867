import type { Listener } from './listener.ts'
import type { TlsMaterial, TlsSource } from './tls.ts'

/** How often certificate files are looked at, in milliseconds. */
const renewalInterval = 60_000

/** Keeps the certificate of running listeners as its source has it: no restart when files are replaced. */
export type TlsRenewal = {
  /**
   * Looks now, and gives a new certificate to the listeners.
   * @returns whether it was new
   * @throws TlsError when what is there cannot be used; the listeners keep what they have
   */
  readonly renew: () => Promise<boolean>
  readonly close: () => Promise<void>
}

export const createTlsRenewal = ({
  source,
  material,
  listeners,
  onProblem,
}: {
  readonly source: TlsSource
  /** What the listeners began with. */
  readonly material: TlsMaterial
  readonly listeners: readonly Pick<Listener, 'renewTls'>[]
  /** Told when looking fails on its own time; the listeners go on. */
  readonly onProblem: (error: unknown) => void
}): TlsRenewal => {
  let current = material
  const renew = async (): Promise<boolean> => {
    const found = await source.read()
    if (found.cert === current.cert && found.key === current.key) return false
    for (const listener of listeners) listener.renewTls(found)
    current = found
    return true
  }
  const timer = setInterval(() => renew().catch(onProblem), renewalInterval).unref()
  return { renew, close: async () => clearInterval(timer) }
}
