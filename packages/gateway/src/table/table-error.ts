/** One thing wrong with a route table. */
export type TableProblem = {
  /** Of the file, from 1. */
  readonly line: number
  /** Without a full stop. */
  readonly sentence: string
}

/** A route table that must not be used; the message has a line for each problem. */
export class TableError extends Error {
  override readonly name = 'TableError'
  readonly problems: readonly TableProblem[]
  constructor(file: string, problems: readonly TableProblem[]) {
    super(problems.map(({ line, sentence }) => `${file}, line ${line}: ${sentence}`).join('\n'))
    this.problems = problems
  }
}
