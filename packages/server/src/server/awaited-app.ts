import type { App } from '../app.ts'
import type { HandleRequest } from '../http/router.ts'

/**
 * The application, while it is not made yet. A listener may take a free port, and the issuers name it: listeners come first,
 * and who connects before the application is made waits for it.
 */
export type AwaitedApp = {
  readonly made: (app: App) => void
  readonly ifMade: () => App | undefined
  readonly whenMade: () => Promise<App>
  readonly handlePublic: HandleRequest
  readonly handleManagement: HandleRequest
}

export const awaitApp = (): AwaitedApp => {
  let app: App | undefined
  const { promise, resolve } = Promise.withResolvers<App>()
  return {
    made: (made) => {
      app = made
      resolve(made)
    },
    ifMade: () => app,
    whenMade: () => promise,
    handlePublic: (request) =>
      app === undefined ? promise.then((made) => made.handlePublic(request)) : app.handlePublic(request),
    handleManagement: (request) =>
      app === undefined ? promise.then((made) => made.handleManagement(request)) : app.handleManagement(request),
  }
}
