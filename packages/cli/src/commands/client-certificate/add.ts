import type { ClientKeyInput } from '@mintmark/protocol/admin'
import { workspaceCommand } from '../../admin-command.ts'
import { readInput } from '../../connection/read-file.ts'
import { usageFailure } from '../../failure.ts'
import { publicPart } from '../client-key/public-part.ts'
import { keyOptions, registerKey } from '../client-key/register.ts'

const matches = ['subject-dn', 'san-dns', 'san-uri', 'san-ip', 'san-email'] as const

export const clientCertificateAdd = workspaceCommand({
  name: 'client-certificate add',
  summary: 'Add what a certificate of a client is known by; client-key list and client-key remove are for it too',
  details:
    'A name is for certificates of the CAs that the workspace trusts (tls_client_auth), a certificate or thumbprint for\none that counts by itself (self_signed_tls_client_auth). Both are listed and removed with the keys of the client.',
  operands: { client: { summary: 'Id of the client' } },
  options: {
    'certificate-file': { type: 'text', value: 'FILE', summary: 'The certificate, in PEM; - reads it from stdin' },
    thumbprint: { type: 'text', value: 'DIGEST', summary: 'Its SHA-256 in base64url (x5t#S256) instead' },
    'subject-dn': { type: 'text', value: 'NAME', summary: 'Its subject, as RFC 4514 writes it' },
    'san-dns': { type: 'text', value: 'NAME', summary: 'A DNS name in its subjectAltName' },
    'san-uri': { type: 'text', value: 'URI', summary: 'A URI there, such as a SPIFFE id' },
    'san-ip': { type: 'text', value: 'ADDRESS', summary: 'An address there' },
    'san-email': { type: 'text', value: 'ADDRESS', summary: 'An e-mail address there' },
    ...keyOptions,
  },
  examples: [
    {
      line: 'mintmark client-certificate add billing --subject-dn CN=billing,O=Acme',
      says: 'any certificate with this name, by a CA the workspace trusts',
    },
    { line: 'mintmark client-certificate add partner --certificate-file partner.crt', says: 'this one alone' },
  ],
  run: async (invocation) => {
    const { operands, options, cwd, stdin } = invocation
    const named = matches.flatMap((match) => {
      const value = options[match]
      return value === undefined ? [] : [{ type: 'certificate-subject' as const, match, value }]
    })
    const { 'certificate-file': file, thumbprint } = options
    const inputs: ClientKeyInput[] = [
      ...named,
      ...(thumbprint === undefined ? [] : [{ type: 'certificate' as const, thumbprint }]),
      ...(file === undefined
        ? []
        : [{ type: 'certificate' as const, certificate: publicPart(await readInput(file, cwd, stdin), file) }]),
    ]
    const [input, ...others] = inputs
    if (input === undefined || others.length > 0) {
      throw usageFailure(
        `which certificate? Name one of ${['certificate-file', 'thumbprint', ...matches].map((name) => `--${name}`).join(', ')}`,
      )
    }
    await registerKey(invocation, operands.client, input, options)
    return undefined
  },
})
