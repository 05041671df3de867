import { type ClientKeyAlgorithm, clientKeyAlgorithms } from '../domain/credential.ts'
import type { SecurityProfile, Workspace } from '../domain/workspace.ts'

/** What a security profile demands beyond what every workspace does. */
export type ProfileDemands = {
  /** The only ways a client may authenticate, at every endpoint. */
  readonly authenticationMethods: readonly string[]
  /** The only signature algorithms of JWTs: assertions, proofs, tokens. `EdDSA` is the older name of `Ed25519`. */
  readonly algorithms: readonly string[]
  /** Seconds an assertion may live. */
  readonly assertionLifetime: number
}

const demands: Readonly<Record<SecurityProfile, ProfileDemands>> = {
  // FAPI 2.0 Security Profile §5.3.2.1-6 (methods) and §5.4.1-1 (algorithms). How short an assertion lives is ours to say.
  fapi2: {
    authenticationMethods: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
    algorithms: ['PS256', 'ES256', 'Ed25519', 'EdDSA'],
    assertionLifetime: 60,
  },
}

/** Undefined for a workspace without a profile. */
export const demandsOf = ({ profile }: Pick<Workspace, 'profile'>): ProfileDemands | undefined =>
  profile === undefined ? undefined : demands[profile]

/** Those of some algorithms that the workspace allows. */
export const allowedAlgorithms = <T extends string>(
  workspace: Pick<Workspace, 'profile'>,
  algorithms: readonly T[],
): readonly T[] => {
  const demanded = demandsOf(workspace)
  return demanded === undefined ? algorithms : algorithms.filter((name) => demanded.algorithms.includes(name))
}

/** What clients of a workspace may sign their assertions by (RFC 7523 §2.2). */
export const assertionAlgorithms = (
  workspace: Pick<Workspace, 'profile' | 'refuseRs256Assertions'>,
): readonly ClientKeyAlgorithm[] =>
  allowedAlgorithms(workspace, clientKeyAlgorithms).filter(
    (name) => name !== 'RS256' || !workspace.refuseRs256Assertions,
  )

/** Those of some authentication methods that the workspace allows. */
export const allowedMethods = (
  workspace: Pick<Workspace, 'profile'>,
  methods: readonly string[],
): readonly string[] => {
  const demanded = demandsOf(workspace)
  return demanded === undefined ? methods : methods.filter((name) => demanded.authenticationMethods.includes(name))
}
