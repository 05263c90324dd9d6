import path from 'node:path'
import { expect, test } from 'vitest'
import { readPassword } from '../../cli/password.ts'
import { loadProject } from '../../cli/project.ts'
import { sourceFolders } from '../../cli/source-folders.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const config = 'name: hello\nmodels_dir: models\nsteps_dir: steps\n'

const load = async (files: Readonly<Record<string, string>>) =>
  loadProject(await temporaryFolder(files), '.')

test('a project is its configuration, version, models and steps', async () => {
  const { project } = await load({
    'config.yaml': `${config}required_models: [Color]\nfunctions: {paint: {timeout: 2s, resync: 1h}}`,
    VERSION: '1.2.3\nsecond line\n',
    'models/b.xproto': 'b',
    'models/a.xproto': 'a',
    'models/readme.md': 'no model',
    'steps/paint.ts': '',
    'steps/test-paint.ts': '',
    'steps/paint.test.ts': '',
    'steps/paint.d.ts': '',
    'steps/notes.txt': '',
  })

  expect(project).toMatchObject({
    name: 'hello',
    version: '1.2.3',
    requiredModels: ['Color'],
    models: [
      { filename: 'a.xproto', contents: 'a' },
      { filename: 'b.xproto', contents: 'b' },
    ],
    steps: [{ step: 'paint', url: undefined, settings: { timeoutMs: 2_000 }, resyncMs: 3_600_000 }],
  })
  expect(project.steps[0]?.file).toBe(path.join(project.folder, 'steps/paint.ts'))
})

test('without VERSION the version is unknown, and without folders there is nothing in them', async () => {
  const { project } = await load({ 'config.yaml': 'name: hello' })

  expect(project).toMatchObject({ version: 'unknown', models: [], steps: [] })
})

test('a dependency graph of XOS is read, with its placeholders for links and without its ways back', async () => {
  const { project } = await load({
    'config.yaml': 'name: hello\ndependency_graph: model-deps',
    'model-deps': JSON.stringify({
      Color: [
        ['Page', 'page', 'colors'],
        ['Book', 'page.book'],
      ],
      ONOSApp: [['ONOSService', '', '']],
      Page: [['Book', 'fake_accessor', '']],
    }),
  })

  expect(project.dependencies).toEqual([
    { model: 'Color', on: 'Page', path: 'page' },
    { model: 'Color', on: 'Book', path: 'page.book' },
    { model: 'ONOSApp', on: 'ONOSService', path: '' },
    { model: 'Page', on: 'Book', path: '' },
  ])
})

test.each([
  ['{', /model-deps: .*JSON/],
  ['[]', /model-deps: Expected a map from the names of models to lists of \[MODEL, LINKS, BACK\]/],
  ['{"Color": [["Page"]]}', /model-deps: Expected a map .*, got something else for Color\.$/],
  ['{"Color": "Page"}', /model-deps: Expected a map .*, got something else for Color\.$/],
])('a dependency graph that is none is refused: %s', async (graph, message) => {
  const files = { 'config.yaml': 'name: hello\ndependency_graph: model-deps', 'model-deps': graph }
  await expect(load(files)).rejects.toThrow(message)
})

test('a step that the configuration places elsewhere needs no file', async () => {
  const { project } = await load({
    'config.yaml': 'name: hello\nfunctions: {paint: {url: "http://paint/", observes: Color}}',
  })

  expect(project.steps).toMatchObject([
    { step: 'paint', file: undefined, url: 'http://paint/', observes: 'Color' },
  ])
})

test.each([
  [{}, /^Expected the config\.yaml of a synchronizer at .*config\.yaml: no such file\.$/],
  [{ 'config.yaml': 'nam: x' }, /^config\.yaml:1:1: The key "name" is missing\./],
  [{ 'config.yaml': config }, /^Expected the folder of models_dir at .*models: no such folder\.$/],
  [
    { 'config.yaml': config, models: 'a file' },
    /^Expected the folder of models_dir at .*models: it is not a folder\.$/,
  ],
  [
    { 'config.yaml': 'name: x\nsteps_dir: steps', 'steps/Paint_It.ts': '' },
    /^Expected the name of .*Paint_It\.ts to become the name of a function: lower-case letters/,
  ],
  [
    { 'config.yaml': 'name: x\nsteps_dir: steps', [`steps/${'a'.repeat(41)}.ts`]: '' },
    /at most 40/,
  ],
  [
    { 'config.yaml': 'name: x\nsteps_dir: steps', 'steps/paint.ts': '', 'steps/paint.js': '' },
    /^Two files for the step paint: .*paint\.js and .*paint\.ts\. Keep one\.$/,
  ],
  [
    {
      'config.yaml': 'name: x\nsteps_dir: steps\nfunctions: {pant: {timeout: 1s}}',
      'steps/paint.ts': '',
    },
    /^config\.yaml: functions\.pant has neither a file in a folder of steps nor a url\. Did you mean "paint"\?$/,
  ],
  [
    { 'config.yaml': 'name: x\nmodels_dir: m', 'm/big.xproto': 'x'.repeat(1024 * 1024 + 1) },
    /big\.xproto is longer than 1 MiB\.$/,
  ],
])('a folder with %j is refused', async (files: Record<string, string>, message) => {
  await expect(load(files)).rejects.toThrow(message)
})

test('a project that is not there is named', async () => {
  await expect(loadProject('/', 'no/such/folder')).rejects.toThrow(
    'Expected the folder of a synchronizer at /no/such/folder: no such folder.',
  )
})

test('a password of the form @file is the first line of the file', async () => {
  const folder = await temporaryFolder({ secret: 'let:me in\nnot this', empty: '\n' })

  expect(await readPassword(folder, 'plain')).toBe('plain')
  expect(await readPassword(folder, '@secret')).toBe('let:me in')
  await expect(readPassword(folder, '@empty')).rejects.toThrow('must be the password')
  await expect(readPassword(folder, '@missing')).rejects.toThrow('no such file')
})

test('the folders of sources leave out hidden ones and packages', async () => {
  const folder = await temporaryFolder({
    'steps/a.ts': '',
    'lib/deep/b.ts': '',
    'node_modules/c/d.ts': '',
    '.git/e': '',
  })

  const found = await sourceFolders(folder)
  expect(found.map((name) => path.relative(folder, name)).sort()).toEqual([
    '',
    'lib',
    'lib/deep',
    'steps',
  ])
})
