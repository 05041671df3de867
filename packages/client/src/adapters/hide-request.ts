const holders = ['req', 'request', 'socket', 'client']

/** Hides from everything that prints an answer of Node what leads to its request, whose headers have the token. */
export function hideRequest(answer: object): void {
  for (const name of holders) {
    const property = Object.getOwnPropertyDescriptor(answer, name)
    if (property?.configurable && 'value' in property) Object.defineProperty(answer, name, { enumerable: false })
  }
}
