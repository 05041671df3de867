/** The weather of one day. */
export interface Forecast {
  /** ISO 8601, such as 2026-05-01. */
  readonly date: string
  readonly temperatureC: number
  readonly temperatureF: number
  readonly summary: string
}

const summaries = ['Freezing', 'Bracing', 'Chilly', 'Cool', 'Mild', 'Warm', 'Balmy', 'Hot', 'Sweltering', 'Scorching']
const day = 86_400_000

/** A made-up forecast that is the same for the same day. */
export function forecastFor(date: Date): Forecast {
  const number = Math.floor(date.getTime() / day)
  const temperatureC = ((number * 7_919) % 50) - 10
  const summary = summaries[Math.floor((temperatureC + 10) / 5)] ?? 'Mild'
  return forecast(date.toISOString().slice(0, 10), temperatureC, summary)
}

/** Five days, from the given one on. */
export function fiveDays(from: Date): readonly Forecast[] {
  return [0, 1, 2, 3, 4].map((offset) => forecastFor(new Date(from.getTime() + offset * day)))
}

/**
 * Reads a forecast that a caller sends: `date`, `temperatureC` from -100 to 100, `summary` of 1 to 100 characters.
 * @returns undefined when it is anything else
 */
export function readForecast(value: unknown): Forecast | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { date, temperatureC, summary } = value as Readonly<Record<string, unknown>>
  if (typeof date !== 'string' || !isDate(date)) return undefined
  if (typeof temperatureC !== 'number' || !(Math.abs(temperatureC) <= 100)) return undefined
  if (typeof summary !== 'string' || summary === '' || summary.length > 100) return undefined
  return forecast(date, temperatureC, summary)
}

const isDate = (text: string) => {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(text) : undefined
  return date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

const forecast = (date: string, temperatureC: number, summary: string): Forecast => ({
  date,
  temperatureC,
  temperatureF: Math.round(32 + temperatureC * 1.8),
  summary,
})
