/**
 * The file of a thread or process that a module starts, beside it and without its ending: TypeScript where we run from
 * source, JavaScript where we run as published.
 * @param module `import.meta.url` of the module that starts it
 */
export const threadFile = (name: string, module: string): URL =>
  new URL(`${name}${module.endsWith('.ts') ? '.ts' : '.js'}`, module)
