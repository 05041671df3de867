/**
 * Tells a listener of the caller, and nobody of its failure: neither an exception nor, of an async function, a rejection,
 * which would end the process when nobody handles it.
 */
export function tell<Details extends readonly unknown[]>(
  listener: ((...details: Details) => unknown) | undefined,
  ...details: Details
): void {
  try {
    const answer = listener?.(...details)
    if (answer instanceof Promise) answer.catch(() => undefined)
  } catch {
    // Who watches must not be able to break what is watched.
  }
}
