import { spawn } from 'node:child_process'

/** A lock among processes, on a file: waits for it, and ends with the process that holds it. @returns a function that ends it */
export const holdLock = async (file: string): Promise<() => void> => {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject)
    holder.once('exit', (code) => reject(new Error(`flock ended with exit code ${code}`)))
    holder.stdout.once('data', () => resolve())
  })
  return () => void holder.stdin.end()
}
