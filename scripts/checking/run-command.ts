import { spawn } from 'node:child_process'
import { join } from 'node:path'

export type Outcome = { readonly ok: boolean; readonly detail: string }

/** Runs a program of node_modules/.bin (or one on the path) below `root`; `detail` is all it printed, colours left out. */
export const runCommand = (root: string, program: string, args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    const { NODE_OPTIONS: _, ...inherited } = process.env
    const env = {
      ...inherited,
      NO_COLOR: '1',
      FORCE_COLOR: '0',
      PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
    }
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let detail = ''
    const keep = (text: string) => {
      detail += text
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => resolve({ ok: false, detail: `${program}: ${error.message}` }))
    child.on('close', (code) => resolve({ ok: code === 0, detail }))
  })
