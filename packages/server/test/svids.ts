import { createPublicKey } from 'node:crypto'
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from '@peculiar/x509'
import { authority, clientPurpose, type Issued, issue } from './certificates.ts'

const hour = 3_600_000

/** What SPIRE writes into the X.509-SVID of a workload. */
export const svidExtensions = [
  new BasicConstraintsExtension(false, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyAgreement, true),
  clientPurpose,
]

/** The CA of a trust domain, which is the one URI in it. */
export const trustDomainAuthority = (trustDomain: string, more: object = {}): Promise<Issued> =>
  issue({
    subject: `CN=${trustDomain.slice(9)}`,
    names: [{ type: 'url', value: trustDomain }],
    extensions: authority(),
    ...more,
  })

/** An X.509-SVID of an hour. */
export const issueSvid = (
  id: string,
  by: Issued,
  more: Partial<Parameters<typeof issue>[0]> & { readonly ids?: readonly string[] } = {},
): Promise<Issued> => {
  const { ids = [id], ...wanted } = more
  return issue({
    subject: 'O=SPIRE',
    names: ids.map((value) => ({ type: 'url' as const, value })),
    extensions: svidExtensions,
    notBefore: -60_000,
    notAfter: hour,
    by,
    ...wanted,
  })
}

/** A CA as a bundle has it (SPIFFE Bundle §4.2). */
export const authorityKey = ({ cert, der }: Issued): object => ({
  use: 'x509-svid',
  ...createPublicKey(cert).export({ format: 'jwk' }),
  x5c: [der.toString('base64')],
})

export const bundleOf = (authorities: readonly Issued[], more: object = {}): Record<string, unknown> => ({
  spiffe_sequence: 1,
  keys: authorities.map(authorityKey),
  ...more,
})
