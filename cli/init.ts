import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from './command.ts'
import { Failure } from './failure.ts'
import { refreshTypes } from './keep-types.ts'
import { writeFiles } from './scaffold/files.ts'
import { ownDependency } from './scaffold/own-dependency.ts'
import { packageFiles } from './scaffold/package-files.ts'
import { serviceFiles } from './scaffold/service-files.ts'
import { UsageError } from './usage-error.ts'
import { ownPackage, type OwnPackage } from './version.ts'
import type { World } from './world.ts'

/** So that the names of its steps are names of functions, and those of its models names of models. */
const serviceName = /^[a-z]([a-z0-9-]{0,21}[a-z0-9])?$/

const checkName = (name: string): void => {
  if (serviceName.test(name) && !name.includes('--')) return
  throw new UsageError(
    `Expected NAME to be lower-case letters, digits and single hyphens, a letter first, at most 23, got "${name}".`,
  )
}

const checkIsFree = async (folder: string, name: string): Promise<void> => {
  const entries = await readdir(folder).catch((error: unknown) => {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isMissing) return []
    throw new Failure(`Cannot make ${name}: there is a file of that name. Choose another name.`)
  })
  if (entries.length === 0) return
  throw new Failure(`${name} is not empty. Choose another name, or remove it.`)
}

const thisPackage = async (): Promise<OwnPackage> => {
  const found = await ownPackage()
  if (found !== undefined) return found
  throw new Failure('The package.json of syncstep is missing. Install it anew.')
}

const install = async ({ npm, stderr }: World, folder: string, name: string): Promise<number> => {
  stderr.write('Installing what it needs with npm\n')
  const status = await npm(['install', '--no-audit', '--no-fund'], folder)
  if (status === 0) return 0
  throw new Failure(`npm install failed in ${name}. Run it there again.`)
}

const nextText = (name: string, isInstalled: boolean): string => {
  const install = isInstalled ? [] : ['npm install']
  const steps = [`cd ${name}`, ...install, 'npm test', 'npm start']
  return `\n${steps.map((step) => `  ${step}\n`).join('')}\n`
}

/** Makes the folder of a service that runs and is tested at once. */
export const initCommand: Command = {
  parameters: [{ name: 'NAME', help: 'name of the service and its folder, such as hello-world' }],
  flags: {
    syncstep: {
      kind: 'text',
      value: 'PACKAGE',
      help: 'What its package.json names as syncstep: a version, or file: and a place; else what runs now',
    },
    'no-install': { kind: 'switch', help: 'Leave it to you to run npm install' },
  },
  variables: {},

  async run(input, world) {
    const name = input.parameter
    checkName(name)
    const folder = path.resolve(world.cwd, name)
    await checkIsFree(folder, name)
    const own = await thisPackage()
    const syncstep = input.text('syncstep') ?? (await ownDependency(own))
    await writeFiles(folder, {
      ...packageFiles({ name, syncstep, versions: own.devDependencies }),
      ...serviceFiles(name),
    })
    const written = await refreshTypes(path.join(folder, 'models'))
    if (written.length === 0) {
      await rm(folder, { recursive: true })
      throw new Failure(`There is a core model of a name that ${name} has. Choose another name.`)
    }
    const isInstalled = !input.on('no-install')
    if (isInstalled) await install(world, folder, name)
    world.stdout.write(`Made ${name}\n${nextText(name, isInstalled)}`)
    return 0
  },
}
