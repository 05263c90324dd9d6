import semver from 'semver'
import type { ModelFile } from '#contract'
import { CoreError } from '../../errors.ts'
import { xosVersion } from '../../utility/version.ts'

const oldestAsked = '>=2.2.1'

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '>=': (order) => order >= 0,
  '<=': (order) => order <= 0,
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '>': (order) => order > 0,
  '<': (order) => order < 0,
}

const expected =
  'expected an operator and a whole version such as >=3.0.0, or two of them as >=3.0.0~<5.0.0'

/** Whether the core is what one half of a range asks for; undefined when it cannot be read. */
const isMet = (expression: string): boolean | undefined => {
  const [, operator = '', version = ''] = /^([<>]=?|[=!]=)(\d\S*)$/.exec(expression) ?? []
  const asked = semver.parse(version)
  return asked === null ? undefined : comparisons[operator]?.(semver.compare(xosVersion, asked))
}

/**
 * The version gate of LoadModels (reference core-api.md 3.2). Throws VALIDATION when the service needs another core,
 * or says so in words that cannot be read.
 *
 * @param coreVersion `>=3.0.0`, or `<min>~<max>`; empty: `>=2.2.1`
 */
export const checkCoreVersion = (name: string, version: string, coreVersion: string): void => {
  const asked = coreVersion === '' ? oldestAsked : coreVersion
  const halves = asked.includes('~') ? asked.split('~') : [asked]
  const answers = halves.length > 2 ? [undefined] : halves.map(isMet)
  if (answers.includes(undefined)) {
    throw new CoreError(
      'VALIDATION',
      `core_version of service ${name} ${version}: ${expected}, got ${asked}`,
    )
  }
  if (answers.includes(false)) {
    throw new CoreError(
      'VALIDATION',
      `Service ${name} ${version} needs core version ${asked}, but this core is version ${xosVersion}`,
    )
  }
}

const limits = { name: 200, files: 1000, characters: 5 * 1024 * 1024 } as const

const isName = (text: string): boolean =>
  /^[\w.-]+$/.test(text) && !/^\.+$/.test(text) && text.length <= limits.name

/** Throws VALIDATION unless names are names, on every system, and there is not too much of anything. */
export const checkFiles = (name: string, version: string, files: readonly ModelFile[]): void => {
  const refuse = (sentence: string): never => {
    throw new CoreError('VALIDATION', sentence)
  }
  if (!isName(name)) {
    refuse(`illegal character in service name ${name}: expected letters, digits, _, - and .`)
  }
  if (version.length > limits.name) {
    refuse(`The version of service ${name} is longer than ${limits.name} characters`)
  }
  for (const { filename } of files) {
    if (isName(filename)) continue
    refuse(`illegal character in filename ${filename}: expected letters, digits, _, - and .`)
  }
  const characters = files.reduce((sum, { contents }) => sum + contents.length, 0)
  if (files.length > limits.files || characters > limits.characters) {
    refuse(
      `Service ${name} brings ${files.length} files with ${characters} characters: at most ${limits.files} and ${limits.characters} are taken`,
    )
  }
  if (
    [version, ...files.map(({ contents }) => contents)].some((text) =>
      /[\0\p{Surrogate}]/u.test(text),
    )
  ) {
    refuse(`A text of service ${name} is no text: it has a NUL character or half of a Unicode pair`)
  }
}
