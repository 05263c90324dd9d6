import type { Files } from './files.ts'

type PackageOptions = {
  readonly name: string
  /** What package.json says of the dependency on syncstep: a version, or `file:` and a place. */
  readonly syncstep: string
  /** Of the tools that the package is tested with, by name. */
  readonly versions: Readonly<Record<string, string>>
}

/** What a service in TypeScript is tested with, and what reads its steps where Node.js does not. */
const tools = ['@types/node', 'ts-node', 'typescript', 'vitest'] as const

const packageJson = ({ name, syncstep, versions }: PackageOptions): object => ({
  name,
  version: '0.1.0',
  private: true,
  type: 'module',
  engines: { node: '>=20.19' },
  scripts: {
    start: 'syncstep dev .',
    test: 'tsc && vitest run',
    doctor: 'syncstep doctor .',
  },
  dependencies: { syncstep },
  devDependencies: Object.fromEntries(tools.map((tool) => [tool, versions[tool] ?? '*'])),
})

const tsconfig = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    module: 'nodenext',
    rootDir: '.',
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
  include: ['models', 'steps', 'model_policies', 'event_steps', 'pull_steps', 'test'],
}

const jsonText = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`

/** What makes a folder a package that npm knows, whose code is TypeScript. */
export const packageFiles = (options: PackageOptions): Files => ({
  'package.json': jsonText(packageJson(options)),
  'tsconfig.json': jsonText(tsconfig),
  '.gitignore': 'node_modules/\n.syncstep/\n',
})
