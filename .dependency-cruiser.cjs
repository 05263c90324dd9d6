/** Each layer and the layers it may import. Anything not listed is forbidden. */
const layers = {
  contract: [],
  conformance: ['contract'],
  xproto: [],
  core: ['contract', 'xproto'],
  dispatcher: ['contract'],
  functions: ['contract'],
  emulator: ['contract', 'xproto', 'core', 'dispatcher', 'functions'],
  cli: ['contract', 'conformance', 'xproto', 'core', 'dispatcher', 'functions', 'emulator'],
}

const any = `^(${Object.keys(layers).join('|')})/`

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([layer, below]) => ({
      name: `${layer}-imports-only-below`,
      severity: 'error',
      from: { path: `^${layer}/` },
      to: { path: any, pathNot: `^(${[layer, ...below].join('|')})/` },
    })),
    {
      name: 'through-the-door',
      comment:
        'Another layer is entered by its index.ts only, or by its testing.ts (functions: those in functions/sdk/).',
      severity: 'error',
      from: { path: '^([^/]+)/', pathNot: '^test/' },
      to: {
        path: any,
        pathNot: [
          '^$1/',
          '^[^/]+/index\\.ts$',
          '^emulator/testing\\.ts$',
          '^functions/sdk/(index|testing)\\.ts$',
        ],
      },
    },
    {
      name: 'services-see-the-sdk-only',
      comment: 'A service under functions/ is written as a user would write it.',
      severity: 'error',
      from: { path: '^functions/(?!sdk/)([^/]+)/' },
      to: { path: any, pathNot: ['^functions/$1/', '^functions/sdk/(index|testing)\\.ts$'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
}
