import { defineCommand } from '../command.ts'
import { completionScript } from '../completion-scripts.ts'

export const completion = defineCommand({
  name: 'completion',
  summary: 'Print the completion script of a shell',
  operands: { shell: { summary: 'bash, zsh or fish' } },
  options: {},
  examples: [
    { line: 'source <(mintmark completion bash)', says: 'in ~/.bashrc' },
    { line: 'source <(mintmark completion zsh)', says: 'in ~/.zshrc, after compinit' },
    { line: 'mintmark completion fish > ~/.config/fish/completions/mintmark.fish', says: 'once' },
  ],
  run: async ({ operands: { shell }, output, catalogue }) => {
    output.screen.write(completionScript(shell, catalogue))
    return undefined
  },
})
