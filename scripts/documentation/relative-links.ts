/** The targets of a Markdown page's links to files of the repository, without their fragments; code is not looked at. */
export const relativeLinks = (markdown: string): string[] => {
  const prose = markdown.replace(/^ *(`{3,}|~{3,})[\s\S]*?^ *\1\s*$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]?.replace(/#.*$/, '') ?? '')
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
}
