import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Statistics } from './statistics.ts'

/** Answers what an operator's machinery asks: is it alive, is it ready, how does it do. @returns whether it was asked that */
export type Operations = (request: IncomingMessage, response: ServerResponse) => boolean

export const createOperations =
  ({ statistics, draining }: { readonly statistics: Statistics; readonly draining: () => boolean }): Operations =>
  (request, response) => {
    const [path] = (request.url ?? '').split('?')
    const answer = (status: number, type: string, body: string): true => {
      const length = Buffer.byteLength(body)
      response.writeHead(status, { 'Content-Type': type, 'Content-Length': length, 'Cache-Control': 'no-store' })
      response.end(body)
      return true
    }
    const state = (status: number, text: string): true =>
      answer(status, 'application/json', JSON.stringify({ status: text }))
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    if (path === '/health/live') return state(200, 'live')
    if (path === '/health/ready') return draining() ? state(503, 'draining') : state(200, 'ready')
    if (path === '/metrics') return answer(200, 'text/plain; version=0.0.4; charset=utf-8', statistics.text())
    return false
  }
