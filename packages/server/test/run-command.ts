import { runServerCommand } from '../src/bin.ts'

/** Runs a command of the server's machine: exit code, what it wrote, and its answer as JSON. */
export const runCommand = async (args: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
  let output = ''
  let errors = ''
  const code = await runServerCommand(args, {
    out: (text) => {
      output += text
    },
    err: (text) => {
      errors += text
    },
    environment,
    interactive: false,
  })
  return { code, output, errors, answer: () => JSON.parse(output) as Record<string, unknown> }
}
