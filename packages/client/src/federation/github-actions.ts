import { askPlatform, platformUrl, textMember } from './ask-platform.ts'
import { type Environment, processEnvironment, variable } from './environment.ts'
import type { PlatformToken } from './federated-token.ts'

export interface GithubActionsTokenOptions {
  /** Default: that of the process. */
  readonly environment?: Environment | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

const what = 'The token service of GitHub Actions'

/** The token of a job of GitHub Actions; the job needs `permissions: { id-token: write }`. */
export const githubActionsToken =
  ({ environment, fetch }: GithubActionsTokenOptions = {}): PlatformToken =>
  async ({ audience }) => {
    const variables = environment ?? processEnvironment()
    const hint = 'does the job have permissions: id-token: write?'
    const url = platformUrl(variable(variables, 'ACTIONS_ID_TOKEN_REQUEST_URL', hint), 'ACTIONS_ID_TOKEN_REQUEST_URL')
    const secret = variable(variables, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', hint)
    url.searchParams.set('audience', audience)
    const answer = await askPlatform({ what, url, headers: { authorization: `Bearer ${secret}` }, fetch })
    return textMember(answer, 'value', what)
  }
