import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadProject } from '../../cli/project.ts'
import { root } from '../support/syncstep-command.ts'
import { said } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const textOf = (folder: string, name: string): Promise<string> =>
  readFile(path.join(folder, name), 'utf8')

test('a service is made as that of the tutorial, and told what comes next', async () => {
  const cwd = await temporaryFolder()
  const { status, stdout } = await said(['init', 'my-shop', '--no-install'], { cwd })
  const folder = path.join(cwd, 'my-shop')

  expect(status).toBe(0)
  expect(stdout).toBe('Made my-shop\n\n  cd my-shop\n  npm install\n  npm test\n  npm start\n\n')
  expect((await readdir(folder, { recursive: true })).sort()).toEqual([
    '.gitignore',
    'README.md',
    'VERSION',
    'config.yaml',
    'models',
    'models/my-shop.xproto',
    'models/types.ts',
    'package.json',
    'samples',
    'samples/my-shop.yaml',
    'steps',
    'steps/my-shop-service-instance.ts',
    'steps/my-shop-service.ts',
    'test',
    'test/my-shop-service-instance.test.ts',
    'test/my-shop.test.ts',
    'tsconfig.json',
  ])
  expect(await textOf(folder, 'models/types.ts')).toContain('export type MyShopServiceInstance<')
})

test('its settings, models and steps are those of a synchronizer', async () => {
  const cwd = await temporaryFolder()
  await said(['init', 'shop', '--no-install'], { cwd })
  const { project } = await loadProject(cwd, 'shop')

  expect(project).toMatchObject({
    name: 'shop',
    version: '0.1.0',
    requiredModels: ['ShopService', 'ShopServiceInstance'],
  })
  expect(project.steps.map(({ step }) => step)).toEqual(['shop-service', 'shop-service-instance'])
  expect(await said(['check', 'shop'], { cwd })).toMatchObject({ status: 0 })
})

type PackageFile = {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

test('it depends on the package that made it, and on the tools that this was tested with', async () => {
  const cwd = await temporaryFolder()
  await said(['init', 'shop', '--no-install'], { cwd })
  const made = JSON.parse(await textOf(cwd, 'shop/package.json')) as PackageFile
  const own = JSON.parse(await textOf(root, 'package.json')) as PackageFile

  expect(made.dependencies).toEqual({ syncstep: `file:${root}` })
  expect(own.devDependencies).toMatchObject(made.devDependencies)
})

test('the dependency can be given', async () => {
  const cwd = await temporaryFolder()
  await said(['init', 'shop', '--no-install', '--syncstep', '1.2.3'], { cwd })

  expect(await textOf(cwd, 'shop/package.json')).toContain('"syncstep": "1.2.3"')
})

test('npm installs what it needs, and where it cannot that is told', async () => {
  const cwd = await temporaryFolder()
  const installed: string[] = []
  const npm = async (words: readonly string[], folder: string): Promise<number> => {
    installed.push(`${words.join(' ')} in ${path.relative(cwd, folder)}`)
    return installed.length - 1
  }
  const { stdout } = await said(['init', 'shop'], { cwd, npm })
  expect(installed).toEqual(['install --no-audit --no-fund in shop'])
  expect(stdout).toBe('Made shop\n\n  cd shop\n  npm test\n  npm start\n\n')

  expect(await said(['init', 'other'], { cwd, npm })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('npm install failed in other. Run it there again.') as string,
  })
})

test.each([
  ['Shop', 2, /^Expected NAME to be lower-case letters.*got "Shop"\./],
  ['9lives', 2, /^Expected NAME to be lower-case letters/],
  ['../shop', 2, /^Expected NAME to be lower-case letters/],
  ['a'.repeat(24), 2, /at most 23/],
  ['taken', 1, /^taken is not empty\. Choose another name, or remove it\.$/m],
  ['file', 1, /^Cannot make file: there is a file of that name/],
  ['compute', 1, /^There is a core model of a name that compute has\. Choose another name\.$/m],
])('%s is no name for it', async (name, status, message) => {
  const cwd = await temporaryFolder({ 'taken/notes.txt': '', file: '' })
  const before = (await readdir(cwd)).sort()

  expect(await said(['init', name, '--no-install'], { cwd })).toEqual({
    status,
    stdout: '',
    stderr: expect.stringMatching(message) as string,
  })
  expect((await readdir(cwd)).sort()).toEqual(before)
})
