import ts from 'typescript'

const root = new URL('../../../', import.meta.url).pathname

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  types: ['node'],
  module: ts.ModuleKind.NodeNext,
  customConditions: ['source'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  declaration: true,
  noEmit: true,
}

// Libraries and the SDK are the same for all; reading them again would take most of the time.
const known = new Map<string, ts.SourceFile | undefined>()

/**
 * What the TypeScript compiler has to say about the given files, which need not exist: `steps/a.ts:3 the message`.
 * They stand in a folder of a service, so that `syncstep/functions` is the SDK.
 */
export const typeErrors = (files: Readonly<Record<string, string>>): readonly string[] => {
  const folder = `${root}functions/on-no-disk/`
  const texts = new Map(Object.entries(files).map(([name, text]) => [`${folder}${name}`, text]))
  const host = ts.createCompilerHost(options)
  const virtual: ts.CompilerHost = {
    ...host,
    fileExists: (name) => texts.has(name) || host.fileExists(name),
    readFile: (name) => texts.get(name) ?? host.readFile(name),
    directoryExists: (name) =>
      [...texts.keys()].some((file) => file.startsWith(`${name}/`)) || ts.sys.directoryExists(name),
    getSourceFile: (name, version) => {
      const text = texts.get(name)
      if (text !== undefined) return ts.createSourceFile(name, text, version)
      const file = known.get(name) ?? host.getSourceFile(name, version)
      known.set(name, file)
      return file
    },
  }
  const program = ts.createProgram([...texts.keys()], options, virtual)
  const diagnostics = [...texts.keys()].flatMap((name) => {
    const file = program.getSourceFile(name)
    return [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
      ...program.getDeclarationDiagnostics(file),
    ]
  })
  return diagnostics.map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ')
    if (file === undefined) return message
    const line = file.getLineAndCharacterOfPosition(start).line + 1
    return `${file.fileName.replace(folder, '')}:${line} ${message}`
  })
}
