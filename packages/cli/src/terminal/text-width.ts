const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

const narrow = /^[\u0020-\u02ff]*$/
const wide =
  /^(?:[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|.*\ufe0f)/u
const none = /^[\p{Mn}\p{Me}\p{Cf}]/u

const graphemes = (text: string): readonly string[] => [...segmenter.segment(text)].map(({ segment }) => segment)
const widthOf = (grapheme: string): number => (none.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1)

/** Columns a text without control characters takes on a terminal. */
export const textWidth = (text: string): number =>
  narrow.test(text) ? text.length : graphemes(text).reduce((sum, grapheme) => sum + widthOf(grapheme), 0)

/** The text in at most so many columns, with `…` in place of what had to go. */
export const cut = (text: string, columns: number): string => {
  if (textWidth(text) <= columns) return text
  let kept = ''
  let taken = 0
  for (const grapheme of graphemes(text)) {
    const width = widthOf(grapheme)
    if (taken + width > columns - 1) break
    kept += grapheme
    taken += width
  }
  return `${kept}…`
}

/** The text filled up with spaces to so many columns. */
export const pad = (text: string, columns: number, align: 'left' | 'right' = 'left'): string => {
  const spaces = ' '.repeat(Math.max(0, columns - textWidth(text)))
  return align === 'left' ? text + spaces : spaces + text
}

/**
 * The words of a text in lines of at most so many columns, where a word allows it. Words are what single spaces part.
 * @param columns undefined for one line, however long
 */
export const wrap = (text: string, columns: number | undefined): readonly string[] => {
  if (columns === undefined || textWidth(text) <= columns) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
