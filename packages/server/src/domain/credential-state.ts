/**
 * The life of a credential: staged → live → draining → retired, then gone.
 *
 * A credential's state is not stored as a word. What is stored are instants and marks, and the state follows from them and the
 * time, so that no state ever waits for a task to run: a draining credential retires at its very millisecond on every node.
 */
export type CredentialLife = {
  /** It was made to be used later. */
  readonly staged?: true
  /** Epoch milliseconds: until then it still proves the client, from then on it is retired. */
  readonly drainsUntil?: number
  /** Epoch milliseconds: since then it is retired. */
  readonly retired?: number
  /** Epoch milliseconds: since then it proves nothing, until an administrator lifts it. */
  readonly frozen?: number
  /** Epoch milliseconds: since then others are known to have it. It is retired, and nothing brings it back. */
  readonly leaked?: number
}

export const credentialStates = ['staged', 'live', 'draining', 'retired'] as const
export type CredentialState = (typeof credentialStates)[number]

/** Milliseconds a retired credential is kept, so that to retire it can be undone. */
export const retiredGrace = 7 * 86_400_000

type Ending = CredentialLife & { readonly expires?: number | undefined }

/**
 * The state of a credential. Expiry and a freeze are no states: they can befall each of them, and are part of `proves`.
 * @param now epoch milliseconds
 */
export const credentialState = (life: CredentialLife, now: number): CredentialState => {
  // Where marks contradict one another, the one that lets less in counts; `retired` does whatever the clock says.
  if (life.retired !== undefined || life.leaked !== undefined) return 'retired'
  if (life.drainsUntil !== undefined && life.drainsUntil <= now) return 'retired'
  if (life.staged === true) return 'staged'
  return life.drainsUntil === undefined ? 'live' : 'draining'
}

const isFrozen = ({ frozen }: CredentialLife): boolean => frozen !== undefined

/**
 * Whether a credential has not come to its end, by expiry or by being retired: a staged or frozen one has not.
 * @param now epoch milliseconds
 */
export const isLasting = (credential: Ending, now: number): boolean =>
  (credential.expires === undefined || credential.expires > now) && credentialState(credential, now) !== 'retired'

/**
 * Whether a credential may prove its client: the one question every authentication method asks.
 * @param now epoch milliseconds
 */
export const proves = (credential: Ending, now: number): boolean =>
  isLasting(credential, now) && credential.staged !== true && !isFrozen(credential)

/** When a credential came or comes to its end, in epoch milliseconds; infinity for one without. */
export const endOf = ({ expires, drainsUntil, retired }: Ending): number =>
  Math.min(
    expires ?? Number.POSITIVE_INFINITY,
    drainsUntil ?? Number.POSITIVE_INFINITY,
    retired ?? Number.POSITIVE_INFINITY,
  )

/** The members of a stored body, or of anything else, that say where in its life a credential is; absent ones stay absent. */
export const lifeOf = ({
  staged,
  drainsUntil,
  retired,
  frozen,
  leaked,
}: {
  readonly [name: string]: unknown
}): CredentialLife => ({
  ...(staged === undefined ? {} : { staged: true }),
  ...(drainsUntil === undefined ? {} : { drainsUntil: Number(drainsUntil) }),
  ...(retired === undefined ? {} : { retired: Number(retired) }),
  ...(frozen === undefined ? {} : { frozen: Number(frozen) }),
  ...(leaked === undefined ? {} : { leaked: Number(leaked) }),
})
