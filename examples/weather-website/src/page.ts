/** One day as the weather API gives it. */
export interface Forecast {
  readonly date: string
  readonly temperatureC: number
  readonly summary: string
}

/** Checks what the API answered, as one should with everything that comes from elsewhere. */
export function readForecasts(value: unknown): readonly Forecast[] | undefined {
  return Array.isArray(value) && value.every(isForecast) ? value : undefined
}

function isForecast(value: unknown): value is Forecast {
  if (typeof value !== 'object' || value === null) return false
  const { date, temperatureC, summary } = value as Readonly<Record<string, unknown>>
  return typeof date === 'string' && typeof temperatureC === 'number' && typeof summary === 'string'
}

/** The page with the weather. */
export function weatherPage(forecasts: readonly Forecast[]): string {
  const rows = forecasts.map(
    ({ date, temperatureC, summary }) =>
      `<tr><td>${escapeHtml(date)}</td><td>${temperatureC} °C</td><td>${escapeHtml(summary)}</td></tr>`,
  )
  return page(`<table>
<thead><tr><th>Day</th><th>Temperature</th><th>Weather</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`)
}

/** The page that says why there is none. */
export function troublePage(what: string): string {
  return page(`<p>There is no weather at the moment: ${escapeHtml(what)}.</p>`)
}

export const style = `body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: 0.4rem 0.6rem; border-bottom: 1px solid #ccc }
`

function page(content: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weather</title><link rel="stylesheet" href="/style.css"></head>
<body>
<h1>The weather</h1>
${content}
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
