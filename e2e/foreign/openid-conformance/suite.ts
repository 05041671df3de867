/** Names of variant parameters and their values, as the suite has them. */
export type Variant = Readonly<Record<string, string>>

/** One line of a module's log: a condition, and how it ended. */
export type LogEntry = {
  readonly src: string
  readonly msg: string
  /** `FAILURE`, `WARNING`, `SUCCESS`, … ; absent for plain remarks. */
  readonly result?: string
  readonly requirements?: readonly string[]
  /** What the condition looked at. */
  readonly [more: string]: unknown
}

export type ModuleResult = {
  readonly id: string
  /** `FINISHED` when it ran to its end. */
  readonly status: string
  /** `PASSED`, `WARNING`, `REVIEW`, `SKIPPED` or `FAILED`. */
  readonly result: string
  readonly log: readonly LogEntry[]
}

/** A plan made in the suite: what would run, and a way to run each. */
export type Plan = {
  readonly modules: readonly { readonly name: string; readonly variant: Variant }[]
  readonly run: (name: string, variant: Variant) => Promise<ModuleResult>
}

export type Suite = {
  /** @throws Error with what the suite says, when it refuses the plan or its configuration */
  readonly makePlan: (name: string, variant: Variant, configuration: object) => Promise<Plan>
}

/** The OpenID conformance suite that runs at this URL, by its HTTP API. It takes requests as of a proxy that ended TLS. */
export const conformanceSuite = (url: string): Suite => {
  const ask = async <T>(method: 'GET' | 'POST', path: string, query: Variant = {}, body?: object): Promise<T> => {
    const response = await fetch(`${url}${path}?${new URLSearchParams(query)}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
    return JSON.parse(text)
  }
  return {
    makePlan: async (name, variant, configuration) => {
      const plan = await ask<{
        readonly id: string
        readonly modules: readonly { readonly testModule: string; readonly variant?: Variant }[]
      }>('POST', '/api/plan', { planName: name, variant: JSON.stringify(variant) }, configuration)
      return {
        modules: plan.modules.map((module) => ({ name: module.testModule, variant: module.variant ?? {} })),
        run: async (test, of) => {
          const query = { test, plan: plan.id, variant: JSON.stringify(of) }
          const { id } = await ask<{ readonly id: string }>('POST', '/api/runner', query)
          // Waits in the suite, half a minute at the most each time.
          const reach = async (...states: readonly string[]): Promise<void> => {
            const waiting = { states: [...states, 'INTERRUPTED'].join(','), timeoutMs: '30000' }
            for (let times = 0; times < 4; times++) {
              const { state } = await ask<{ readonly state?: string }>('GET', `/api/runner/${id}/wait-state`, waiting)
              if (state !== undefined) return
            }
            throw new Error(`${test} did not get to ${states.join(' or ')} within two minutes`)
          }
          await reach('CONFIGURED', 'FINISHED')
          if ((await ask<ModuleResult>('GET', `/api/info/${id}`)).status === 'CONFIGURED') {
            await ask('POST', `/api/runner/${id}`)
          }
          await reach('FINISHED')
          const { status, result } = await ask<ModuleResult>('GET', `/api/info/${id}`)
          return { id, status, result, log: await ask<readonly LogEntry[]>('GET', `/api/log/${id}`) }
        },
      }
    },
  }
}
