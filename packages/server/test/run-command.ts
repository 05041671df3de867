import { runServerCommand } from '../src/bin.ts'

/** Runs a command of the server's machine: exit code, what it wrote to which stream, both together, and its answer as JSON. */
export const runCommand = async (args: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
  let [output, errors, written] = ['', '', '']
  const code = await runServerCommand(args, {
    out: (text) => {
      output += text
      written += text
    },
    err: (text) => {
      errors += text
      written += text
    },
    environment,
    interactive: false,
  })
  return { code, output, errors, written, answer: () => JSON.parse(output) as Record<string, unknown> }
}
