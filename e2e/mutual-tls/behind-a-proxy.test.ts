import { describeBehind } from './cases-behind-a-proxy.ts'
import { proxies } from './proxies.ts'

for (const proxy of proxies) describeBehind(proxy)
