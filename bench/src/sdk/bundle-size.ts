import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

export type BundleSize = { readonly name: string; readonly minifiedBytes: number; readonly gzippedBytes: number }

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * What an application that imports the entry points adds to its bundle: everything they export, with our own packages, minified as ESM.
 * @param external packages that are not counted
 */
export const bundleSize = async (
  name: string,
  specifier: string,
  external: readonly string[] = [],
): Promise<BundleSize> => {
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${specifier}'`, resolveDir: `${repository}bench`, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['mintmark-source', 'import'],
    external: [...external, 'node:*'],
    write: false,
    logLevel: 'silent',
  })
  const code = outputFiles[0]?.contents ?? new Uint8Array()
  return { name, minifiedBytes: code.length, gzippedBytes: gzipSync(code, { level: 9 }).length }
}
