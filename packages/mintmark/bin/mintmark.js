#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=50
// Starts the command on a Node that can run it. Plain JavaScript that any Node understands: it is the first thing that runs.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as modules from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const sourceEntry = new URL('../src/main.ts', import.meta.url)
const builtEntry = new URL('../dist/main.js', import.meta.url)
const condition = 'mintmark-source'
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const recentEnough = major > 24 || (major === 24 && minor >= 15)

/** The Node that the npm package "node" brings, as in our own repository. */
const pinnedNode = () => {
  try {
    const path = modules.createRequire(import.meta.url).resolve('node/bin/node')
    return existsSync(path) && path !== process.execPath ? path : undefined
  } catch {
    return undefined
  }
}

if (recentEnough) {
  // Signing is what the thread pool is for, and one processor is the event loop's. Measured on two: one thread instead of
  // two saves a tenth of the processor time of an ES256 token, since it sleeps and is woken less.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.min(4, Math.max(1, availableParallelism() - 1)))
  // Compiled code is kept between starts; a thread finds the same place by the environment.
  const { directory } = modules.enableCompileCache?.() ?? {}
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory
  // A published package ships its source too, for debuggers; Node runs TypeScript outside node_modules only.
  const fromSource = existsSync(sourceEntry) && !sourceEntry.pathname.includes('/node_modules/')
  if (fromSource && !`${process.env.NODE_OPTIONS ?? ''} ${process.execArgv.join(' ')}`.includes(condition)) {
    modules.registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier, { ...context, conditions: [...context.conditions, condition] }),
    })
  }
  const { main } = await import(fromSource ? sourceEntry.href : builtEntry.href)
  await main(process.argv.slice(2))
} else {
  const node = pinnedNode()
  if (node === undefined) {
    process.stderr.write(`mintmark: needs Node 24.15 or later; this is ${process.versions.node}\n`)
    process.exitCode = 78
  } else {
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
    })
  }
}
