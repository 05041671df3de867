export { secretFromFile } from './secret-from-file.ts'
