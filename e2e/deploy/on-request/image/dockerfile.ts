/** One line of a Dockerfile, its continuations joined and the arguments before the first stage put in. */
export type Instruction = { readonly name: string; readonly value: string }

export type Stage = {
  readonly image: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** What our Dockerfile uses; anything else is an error, so that nothing is passed over in silence. */
const known: readonly string[] = [
  ...['FROM', 'ARG', 'WORKDIR', 'COPY', 'RUN', 'LABEL', 'ENV', 'USER', 'VOLUME', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK'],
  ...['ENTRYPOINT', 'CMD'],
]

/** Reads a Dockerfile as far as ours goes: no heredocs, no mounts, no variables but those of ARG before the first FROM. */
export const parseDockerfile = (text: string): readonly Stage[] => {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const values = new Map<string, string>()
  const stages: { image: string; name: string | undefined; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, name = '', raw = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (!known.includes(name)) throw new Error(`a Dockerfile line that is not covered: ${line}`)
    const stage = stages.at(-1)
    if (name === 'ARG' && stage === undefined) {
      const [argument = '', value = ''] = raw.split('=')
      values.set(argument, value)
    } else if (name === 'FROM') {
      const image = raw.replace(/\$\{(\w+)\}/g, (_, argument: string) => values.get(argument) ?? '')
      const [, from = '', as] = /^(\S+)(?: AS (\S+))?$/.exec(image) ?? []
      stages.push({ image: from, name: as, instructions: [] })
    } else if (stage === undefined) throw new Error(`before the first FROM: ${line}`)
    else stage.instructions.push({ name, value: raw })
  }
  return stages
}

/** The words of the form `["a", "b"]`. */
export const wordsOf = (value: string): readonly string[] => JSON.parse(value) as readonly string[]

/** `A=b C="d e"` as pairs. */
export const pairsOf = (value: string): readonly (readonly [string, string])[] =>
  [...value.matchAll(/(\S+?)=(?:"([^"]*)"|(\S*))/g)].map(([, name = '', quoted, plain]) => [
    name,
    quoted ?? plain ?? '',
  ])

const pattern = (rule: string): RegExp => {
  const source = rule
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '(?:.*/)?')
  return new RegExp(`^${source}(?:/|$)`)
}

/** Whether a file is sent to the builder, by the rules of `.dockerignore`: the last one that matches decides. */
export const createContextFilter = (text: string): ((path: string) => boolean) => {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ sent: line.startsWith('!'), matches: pattern(line.replace(/^!/, '')) }))
  return (path) => rules.findLast(({ matches }) => matches.test(path))?.sent ?? true
}
