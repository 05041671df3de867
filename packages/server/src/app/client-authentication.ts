import type { RecordEvent } from '../audit/record.ts'
import { createAuthenticator } from '../client-auth/authenticate.ts'
import { createBearerAuthenticator } from '../client-auth/bearer.ts'
import { createClientCertificateReader } from '../client-auth/client-certificate.ts'
import { createClientKeys } from '../client-auth/client-keys.ts'
import { createCredentialUses } from '../client-auth/credential-use.ts'
import { createBindByDpop } from '../client-auth/dpop.ts'
import { createDpopNonces } from '../client-auth/dpop-nonce.ts'
import { createExplainFederation } from '../client-auth/explain-federation.ts'
import { createKeyRolloverProof } from '../client-auth/key-rollover.ts'
import { createKeySets } from '../client-auth/key-sets.ts'
import { createMethods } from '../client-auth/methods.ts'
import { createSecretVerifier, type VerifySecret } from '../client-auth/secret.ts'
import { createSlowHashes } from '../client-auth/slow-hash.ts'
import { createThrottle, defaultFailureLimits } from '../client-auth/throttle.ts'
import { createTrustKeys } from '../client-auth/trust-keys.ts'
import type { FetchPublic } from '../lib/fetch-public.ts'
import { failure } from '../lib/log.ts'
import { readClientKey } from '../registry/client-key.ts'
import { readKeySet } from '../registry/issuer-key.ts'
import type { Registry } from '../registry/registry.ts'
import type { UseOnce } from '../registry/used-once.ts'
import type { InspectToken } from '../tokens/inspect.ts'
import type { AppDependencies } from './dependencies.ts'

type Dependencies = Pick<
  AppDependencies,
  | 'store'
  | 'masterKey'
  | 'issuers'
  | 'clock'
  | 'elapsed'
  | 'random'
  | 'log'
  | 'statistics'
  | 'parking'
  | 'certificates'
  | 'failureLimits'
> & {
  readonly record: RecordEvent
  readonly registry: Registry
  readonly useOnce: UseOnce
  readonly inspectToken: InspectToken
  readonly fetchPublic: FetchPublic
}

/** Everything by which a client proves who it is, and that a token is bound to what it has. */
export const createClientAuthentication = ({
  store,
  masterKey,
  issuers,
  clock,
  elapsed,
  random,
  log,
  statistics,
  parking,
  certificates,
  failureLimits = defaultFailureLimits,
  record,
  registry,
  useOnce,
  inspectToken,
  fetchPublic,
}: Dependencies) => {
  const slowHashes = createSlowHashes({ random })
  const verifyInTurn = createSecretVerifier({ slowHashes, clock, random })
  const verifySecret: VerifySecret = (...claim) => parking.during(verifyInTurn(...claim))
  const keySets = createKeySets({
    fetchSet: fetchPublic,
    parking,
    read: (json) => ({ keys: readKeySet(json, readClientKey) }),
    check: 'client-keys-available',
    elapsed,
    onTrouble: (uri, error) => log.warn('keys of a client not fetched', { uri, ...failure(error) }),
  })
  const trustKeys = createTrustKeys({
    fetchPublic,
    parking,
    elapsed,
    onTrouble: (source, error) => log.warn('keys of a trust not fetched', { source, ...failure(error) }),
  })
  const clientKeys = createClientKeys({ keySets })
  const readCertificates = createClientCertificateReader()
  const { revocationLists } = certificates
  const methods = createMethods({
    verifySecret,
    clientKeys,
    trustKeys,
    issuers,
    useOnce,
    readCertificates,
    registry,
    revocationLists,
    clock,
    countEndpointAudience: statistics.countEndpointAudience,
  })
  const throttle = createThrottle({
    limits: failureLimits,
    count: statistics.countLimited,
    tellOthers: store.tell,
    ...{ elapsed, random, record, log },
  })
  const credentialUses = createCredentialUses({ store: store.credentialUse, clock })
  const usable = methods.filter(({ ofConnection }) => ofConnection !== true || certificates.taken)
  return {
    authenticateClient: createAuthenticator({ methods, registry, throttle, noteUse: credentialUses.note }),
    authenticateBearer: createBearerAuthenticator({ methods, inspectToken }),
    bindByDpop: createBindByDpop({
      nonces: createDpopNonces({ masterKey, clock }),
      issuers,
      useOnce,
      mtlsUrl: certificates.url,
      clock,
    }),
    proveRollover: createKeyRolloverProof({ clientKeys, registry, issuers, useOnce, throttle, clock }),
    explainFederation: createExplainFederation({
      trustKeys,
      registry,
      issuers,
      readCertificates,
      clock,
      revocationLists,
    }),
    verifySecret,
    slowHashes,
    credentialUses,
    throttle,
    /** The names of all methods, of which an administrator may permit a client some. */
    authenticationMethods: methods.map(({ name }) => name),
    /** What metadata says of those that can be used here, by the names the RFCs have for them. */
    publishedMethods: [...new Set(usable.flatMap(({ name, published }) => published ?? [name]))],
  }
}
