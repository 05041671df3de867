/**
 * The cycles of a graph: for each strongly connected group of files one path that returns to where it began
 * (Tarjan's algorithm for the groups, then a shortest way round inside the group).
 */
export const findCycles = (graph: ReadonlyMap<string, readonly string[]>): string[][] => {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const isOpen = new Set<string>()
  const cycles: string[][] = []

  const visit = (node: string) => {
    order.set(node, order.size)
    lowest.set(node, order.get(node) ?? 0)
    open.push(node)
    isOpen.add(node)
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next)
      if (isOpen.has(next)) lowest.set(node, Math.min(lowest.get(node) ?? 0, lowest.get(next) ?? 0))
    }
    if (lowest.get(node) !== order.get(node)) return
    const group = new Set(open.splice(open.indexOf(node)))
    for (const member of group) isOpen.delete(member)
    const cycle = wayRound(graph, node, group)
    if (cycle !== undefined) cycles.push(cycle)
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return cycles
}

const wayRound = (graph: ReadonlyMap<string, readonly string[]>, start: string, group: ReadonlySet<string>) => {
  const ways: string[][] = [[start]]
  const seen = new Set<string>()
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const next of graph.get(way.at(-1) ?? start) ?? []) {
      if (next === start) return [...way, start]
      if (!group.has(next) || seen.has(next)) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return undefined
}
