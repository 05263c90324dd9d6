import path from 'node:path'
import { Failure } from './failure.ts'

const stepName = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/

/**
 * The name of the function that a file becomes.
 *
 * @throws Failure when the file's name without its ending is no DNS label of at most 40 characters.
 */
export const stepNameOf = (file: string): string => {
  const name = path.basename(file).replace(/\.[jt]s$/, '')
  if (stepName.test(name)) return name
  throw new Failure(
    `Expected the name of ${file} to become the name of a function: lower-case letters, digits and ` +
      'hyphens, a letter first, at most 40. Rename the file, for example to hello-world-service.ts.',
  )
}
