import { type Repetition, repeat } from '../lib/repeat.ts'
import type { Listener } from './listener.ts'
import type { TlsMaterial, TlsSource } from './tls.ts'

/** How often certificate files are looked at, in milliseconds. */
const renewalInterval = 60_000

/**
 * Keeps the certificate of running listeners as its source has it: no restart when files are replaced. Asked to look now
 * it rejects with `TlsError` when what is there cannot be used; the listeners keep what they have.
 * @param material what the listeners began with
 * @param onFailure told when looking fails on its own time
 */
export const createTlsRenewal = ({
  source,
  material,
  listeners,
  onFailure,
}: {
  readonly source: TlsSource
  readonly material: TlsMaterial
  readonly listeners: readonly Pick<Listener, 'renewTls'>[]
  readonly onFailure: (error: unknown) => void
}): Repetition => {
  let current = material
  const renew = async (): Promise<void> => {
    const found = await source.read()
    if (found.cert === current.cert && found.key === current.key) return
    for (const listener of listeners) listener.renewTls(found)
    current = found
  }
  return repeat(renew, renewalInterval, onFailure)
}
