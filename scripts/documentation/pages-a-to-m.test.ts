import { describePages } from './describe-pages.ts'

// In two files, so that neither takes longer than a file may.
describePages((path) => /^docs\/[a-m]/.test(path))
