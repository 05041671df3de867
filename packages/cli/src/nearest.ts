/** Edits (insert, delete, replace, swap neighbours) from one text to another. */
const distance = (from: string, to: string): number => {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? 0
}

/** The candidate most like a mistyped word, or undefined when none is near: more than a third of it would have to change. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  const scored = candidates
    .map((candidate) => ({
      candidate,
      edits: candidate.startsWith(word) && word !== '' ? 1 : distance(word, candidate),
    }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)))
    .sort((a, b) => a.edits - b.edits)
  return scored[0]?.candidate
}

/** `did you mean …?`, or undefined. */
export const didYouMean = (word: string, candidates: readonly string[]): string | undefined => {
  const found = nearest(word.slice(0, 60), candidates)
  return found === undefined ? undefined : `did you mean "${found}"?`
}
