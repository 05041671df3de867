/**
 * The text of a segment to the most lenient server we know of: decoded, as in a form, in compatibility form, without case.
 * What is equal here may be equal there.
 */
export const lenientSegment = (segment: string): string => {
  const text = segment.includes('%') ? decodeURIComponent(segment) : segment
  return withoutEnd(text.replaceAll('+', ' ').normalize('NFKC').toUpperCase().toLowerCase())
}

/** Without the spaces and dots at its end, and spaces at its beginning, as Windows reads the name of a file. */
const withoutEnd = (text: string): string => {
  let end = text.length
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '.')) end -= 1
  return text.slice(0, end).trimStart()
}

/** Files that servers run, with the rest of the path as an argument: `/index.php/users` is `/users` to what it runs. */
const script = /.\.(?:php\d?|phtml|f?cgi|pl|py|aspx?|ashx|jspx?|cfm)$/
/** Files that servers take for the folder they lie in. */
const folderIndex = /^(?:index|default)\.\w+$/
/** Scripts of one path that are looked at; servers find one. */
const scripts = 4

/**
 * What lenient servers may read in place of these segments, which are lenient already: without a format at the end
 * (`/report.json` for `/report`, as frameworks with optional formats do) or the name of a stream (`/report::$DATA`, Windows),
 * and with a script for what it runs (`/index.php/report`) or for itself (`/report.php/anything`).
 * @param longest characters of the longest literal there is: a longer beginning of a segment is of no route
 */
export const lenientReadings = (segments: readonly string[], longest: number): readonly (readonly string[])[] => {
  const whole = [segments, ...withoutScript(segments), ...withoutStreams(segments)]
  return [...whole.slice(1), ...whole.flatMap((reading) => withoutEnding(reading, longest))]
}

const withoutScript = (segments: readonly string[]): readonly (readonly string[])[] => {
  const found = segments.flatMap((segment, index) => (script.test(segment) ? [index] : []))
  const last = segments.length - 1
  return [
    ...found.slice(0, scripts).flatMap((index) => [segments.slice(0, index + 1), segments.toSpliced(index, 1)]),
    ...(found.length > 1 ? [segments.filter((segment) => !script.test(segment))] : []),
    ...(folderIndex.test(segments[last] ?? '') ? [segments.slice(0, last)] : []),
  ]
}

/** Folders have streams too: `/reports:$I30:$INDEX_ALLOCATION/5`. */
const withoutStreams = (segments: readonly string[]): readonly (readonly string[])[] =>
  segments.some((segment) => segment.indexOf(':', 1) > 0) ? [segments.map(withoutStream)] : []

const withoutStream = (segment: string): string => {
  const colon = segment.indexOf(':', 1)
  return colon > 0 ? withoutEnd(segment.slice(0, colon)) : segment
}

const withoutEnding = (segments: readonly string[], longest: number): readonly (readonly string[])[] => {
  const last = segments.at(-1)?.slice(0, longest + 1) ?? ''
  const ends = [...last.matchAll(/(?<=.)[.:]/gs)].map(({ index }) => withoutEnd(last.slice(0, index)))
  return ends.map((end) => segments.with(-1, end))
}
