import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { durationMs } from '#contract'
import { parseConfig } from '../../cli/config.ts'
import { readText, renderAll, root, type Manifest, type Rendering } from './render.ts'

type Labels = Readonly<Record<string, string>>
type Selector = {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly unknown[]
}
type Probe = { readonly httpGet: { readonly port?: string } }
type Container = {
  readonly image: string
  readonly args: readonly string[]
  readonly env?: readonly {
    readonly name: string
    readonly valueFrom: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
  }[]
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[]
  readonly ports: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly startupProbe?: Probe
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly volumeMounts?: readonly {
    readonly name: string
    readonly mountPath: string
    readonly subPath?: string
  }[]
}
type PodSpec = {
  readonly serviceAccountName: string
  readonly containers: readonly [Container]
  readonly timeoutSeconds?: number
  readonly volumes?: readonly {
    readonly name: string
    readonly configMap?: { readonly name: string }
    readonly persistentVolumeClaim?: { readonly claimName: string }
  }[]
}
type Workload = {
  readonly selector?: Selector
  readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec }
}

const schemaFiles: Readonly<Record<string, string>> = {
  'v1 Namespace': 'namespace',
  'v1 ServiceAccount': 'service-account',
  'v1 ConfigMap': 'config-map',
  'v1 Secret': 'secret',
  'v1 PersistentVolumeClaim': 'persistent-volume-claim',
  'v1 Service': 'service',
  'apps/v1 Deployment': 'deployment',
  'policy/v1 PodDisruptionBudget': 'pod-disruption-budget',
  'networking.k8s.io/v1 NetworkPolicy': 'network-policy',
  'serving.knative.dev/v1 Service': 'knative-service',
}

const schema = (name: string): object =>
  parse(readText(join('test/manifests/schemas', `${name}.yaml`))) as object

const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false })
ajv.addSchema(schema('common'))
const validators = new Map<string, ValidateFunction>(
  Object.entries(schemaFiles).map(([type, file]) => [type, ajv.compile(schema(file))]),
)

const typeOf = ({ apiVersion, kind }: Manifest): string => `${apiVersion} ${kind}`
const title = (manifest: Manifest): string => `${typeOf(manifest)} ${manifest.metadata.name}`

const mistakesOf = (manifest: Manifest): readonly string[] => {
  const validate = validators.get(typeOf(manifest))
  if (validate === undefined) return [`no schema for ${typeOf(manifest)}`]
  validate(manifest)
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${title(manifest)}${instancePath}: ${message ?? ''} ${JSON.stringify(params)}`,
  )
}

const ofType = ({ manifests }: Rendering, type: string): readonly Manifest[] =>
  manifests.filter((manifest) => typeOf(manifest) === type)

const knativeServices = (rendering: Rendering) =>
  ofType(rendering, 'serving.knative.dev/v1 Service')

const workloads = (rendering: Rendering) => [
  ...ofType(rendering, 'apps/v1 Deployment').map((manifest) => ({
    manifest,
    workload: manifest.spec as Workload,
  })),
  ...knativeServices(rendering).map((manifest) => ({
    manifest,
    workload: manifest.spec as Workload,
  })),
]

const named = (rendering: Rendering, type: string, name: string): Manifest | undefined =>
  ofType(rendering, type).find(({ metadata }) => metadata.name === name)

/** Names of a ConfigMap end in a hash once kustomize made them. */
const configMap = (rendering: Rendering, stem: string): Manifest | undefined =>
  ofType(rendering, 'v1 ConfigMap').find(({ metadata }) =>
    new RegExp(`^${stem}(-[a-z0-9]{10})?$`).test(metadata.name),
  )

const podSpecOf = (rendering: Rendering, deployment: string): PodSpec =>
  (named(rendering, 'apps/v1 Deployment', deployment)!.spec as Workload).template.spec

const secretKeys = (rendering: Rendering, name: string): readonly string[] =>
  rendering.externalSecrets.get(name) ??
  Object.keys(named(rendering, 'v1 Secret', name)?.data ?? {})

const matches = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean =>
  matchExpressions.length === 0 &&
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value)

const stepFiles = readdirSync(join(root, 'functions/hello-world/steps'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'))

const renderings = renderAll()

test.each([
  ['a kind nobody wrote a schema for', { apiVersion: 'v1', kind: 'Pod' }, 'no schema for v1 Pod'],
  ['a field that does not exist', { spec: { replica: 1 } }, 'must NOT have additional properties'],
  ['an image without a tag', { image: 'dev.local/syncstep' }, 'must match pattern'],
  ['the tag latest', { image: 'dev.local/syncstep:latest' }, 'must NOT be valid'],
])('%s is a mistake', (_, change, message) => {
  const [core] = renderings.map((rendering) => named(rendering, 'apps/v1 Deployment', 'core')!)
  const spec = structuredClone(core!.spec) as { template: { spec: { containers: object[] } } }
  const { image, ...rest } = change as { image?: string; spec?: object }
  if (image !== undefined) Object.assign(spec.template.spec.containers[0]!, { image })
  const broken = { ...core!, ...rest, spec: { ...spec, ...rest.spec } }

  expect(mistakesOf(core!)).toEqual([])
  expect(mistakesOf(broken).join('\n')).toContain(message)
})

describe.each(renderings)('manifests/$name', (rendering) => {
  const { manifests } = rendering

  test('every object fits its schema', () => {
    expect(manifests.flatMap(mistakesOf)).toEqual([])
  })

  test('no two objects of a kind share a name', () => {
    const titles = manifests.map(title)
    expect(titles).toEqual([...new Set(titles)])
  })

  test('a Knative Service and a Service never share a name: both would make a Service', () => {
    const names = knativeServices(rendering).map(({ metadata }) => metadata.name)
    expect(names.filter((name) => named(rendering, 'v1 Service', name))).toEqual([])
  })

  test.each(workloads(rendering).map((entry) => [title(entry.manifest), entry] as const))(
    'what %s refers to is there',
    (_, { workload }) => {
      const { serviceAccountName, containers, volumes = [] } = workload.template.spec
      const [{ env = [], envFrom = [], volumeMounts = [] }] = containers
      const claims = volumes.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])
      const configMaps = [
        ...envFrom.map((source) => source.configMapRef.name),
        ...volumes.flatMap((volume) => volume.configMap?.name ?? []),
      ]
      const missing = [
        ...[serviceAccountName].filter((name) => !named(rendering, 'v1 ServiceAccount', name)),
        ...claims.filter((name) => !named(rendering, 'v1 PersistentVolumeClaim', name)),
        ...configMaps.filter((name) => !named(rendering, 'v1 ConfigMap', name)),
        ...env
          .map(({ valueFrom }) => valueFrom.secretKeyRef)
          .filter(({ name, key }) => !secretKeys(rendering, name).includes(key)),
        ...volumeMounts.filter(({ name }) => !volumes.some((volume) => volume.name === name)),
      ]
      expect(missing).toEqual([])
    },
  )

  test('there is one Knative Service for each step, running its file', () => {
    const steps = knativeServices(rendering).map(({ metadata, spec }) => ({
      name: metadata.name,
      args: (spec as Workload).template.spec.containers[0].args,
    }))
    expect(steps.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
      stepFiles
        .toSorted((a, b) => a.localeCompare(b))
        .map((step) => ({
          name: step,
          args: ['function', `dist/functions/hello-world/steps/${step}.js`],
        })),
    )
  })

  test('every selector finds its pods', () => {
    const pods = workloads(rendering).map(({ workload }) => workload.template.metadata.labels)
    for (const { workload } of workloads(rendering)) {
      if (workload.selector === undefined) continue
      expect(matches(workload.selector, workload.template.metadata.labels)).toBe(true)
    }
    const selectors: readonly Selector[] = [
      ...ofType(rendering, 'v1 Service').map(({ spec }) => ({
        matchLabels: (spec as { selector: Labels }).selector,
      })),
      ...ofType(rendering, 'policy/v1 PodDisruptionBudget').map(
        ({ spec }) => (spec as { selector: Selector }).selector,
      ),
      ...ofType(rendering, 'networking.k8s.io/v1 NetworkPolicy').flatMap(({ spec }) => {
        const { podSelector, ingress = [] } = spec as {
          podSelector: Selector
          ingress?: readonly { from: readonly { podSelector?: Selector }[] }[]
        }
        return [
          podSelector,
          ...ingress.flatMap(({ from }) => from.flatMap((one) => one.podSelector ?? [])),
        ]
      }),
    ]
    expect(
      selectors.filter((selector) => !pods.some((labels) => matches(selector, labels))),
    ).toEqual([])
  })

  test('ports agree: of probes, Services and network policies with those of containers', () => {
    for (const { workload } of workloads(rendering)) {
      const [{ ports, startupProbe, readinessProbe, livenessProbe }] =
        workload.template.spec.containers
      const probed = [startupProbe, readinessProbe, livenessProbe].flatMap(
        (probe) => probe?.httpGet.port ?? [],
      )
      expect(ports.map(({ name }) => name)).toEqual(expect.arrayContaining(probed))
    }
    const core = podSpecOf(rendering, 'core').containers[0].ports
    const service = named(rendering, 'v1 Service', 'core')!.spec as {
      ports: readonly { port: number; targetPort: string }[]
    }
    for (const { port, targetPort } of service.ports)
      expect(core).toContainEqual({ name: targetPort, containerPort: port })
    const allowed = ['core-from-dispatcher', 'core-from-steps'].flatMap((name) => {
      const { ingress } = named(rendering, 'networking.k8s.io/v1 NetworkPolicy', name)!.spec as {
        ingress: readonly { ports: readonly { port: number }[] }[]
      }
      return ingress.flatMap(({ ports }) => ports.map(({ port }) => port))
    })
    expect(allowed).toEqual([50055, 30006])
    expect(core.map(({ containerPort }) => containerPort)).toEqual(expect.arrayContaining(allowed))
  })

  test('steps find the core', () => {
    const environment = configMap(rendering, 'core-environment')!.data!
    const core = named(rendering, 'v1 Service', 'core')!.spec as {
      ports: readonly { name: string; port: number }[]
    }
    const rest = core.ports.find(({ name }) => name === 'rest')!
    expect(environment['SYNCSTEP_PUBLIC_URL']).toBe(
      `http://core.syncstep.svc.cluster.local:${rest.port}`,
    )
  })

  test('the dispatcher finds the core and the steps', () => {
    const environment = configMap(rendering, 'dispatcher-environment')!.data!
    const core = named(rendering, 'v1 Service', 'core')!.spec as {
      ports: readonly { name: string; port: number }[]
    }
    const grpc = core.ports.find(({ name }) => name === 'grpc')!

    expect(environment['SYNCSTEP_CORE_ENDPOINT']).toBe(
      `core.syncstep.svc.cluster.local:${grpc.port}`,
    )
    // How Knative names a Service of this namespace inside the cluster.
    expect(environment['SYNCSTEP_STEP_URL']).toBe('http://{step}.syncstep.svc.cluster.local/')
  })

  test('the configuration is that of the synchronizer, with calls shorter than Knative allows', () => {
    const text = configMap(rendering, 'hello-world')!.data!['config.yaml']!
    const { functions = {}, logging, ...config } = parseConfig(text, 'config/hello-world.yaml')
    const { accessor, ...own } = parseConfig(
      readText('functions/hello-world/config.yaml'),
      'config.yaml',
    )

    expect({ ...config, logging }).toEqual(own)
    expect(accessor?.username).toBe(
      configMap(rendering, 'dispatcher-environment')!.data!['SYNCSTEP_USERNAME'],
    )
    expect(Object.keys(functions).toSorted()).toEqual(stepFiles.toSorted())
    for (const { metadata, spec } of knativeServices(rendering)) {
      const { timeoutSeconds } = (spec as Workload).template.spec
      const { timeout, gateway_grace } = functions[metadata.name]!
      const deadlineMs = durationMs(timeout!)!
      expect(deadlineMs).toBeLessThan(timeoutSeconds! * 1000)
      expect(deadlineMs + durationMs(gateway_grace!)!).toBeGreaterThan(timeoutSeconds! * 1000)
    }
  })

  test('the configuration lies over the one that the image carries', () => {
    const [{ args, volumeMounts }] = podSpecOf(rendering, 'dispatcher').containers
    const workdir = /^WORKDIR (\S+)$/m.exec(readText('Dockerfile.synchronizer'))![1]!
    expect(volumeMounts).toMatchObject([
      { mountPath: join(workdir, args[1]!, 'config.yaml'), subPath: 'config.yaml' },
    ])
  })

  test('the core keeps its data on the volume, one at a time', () => {
    const { spec } = named(rendering, 'apps/v1 Deployment', 'core')!
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
    const [{ args, volumeMounts }] = podSpecOf(rendering, 'core').containers
    expect(args[args.indexOf('--data') + 1]).toBe(volumeMounts?.[0]?.mountPath)
  })

  test('a step gets the token of functions and no other secret', () => {
    const keys = knativeServices(rendering).flatMap(({ spec }) =>
      ((spec as Workload).template.spec.containers[0].env ?? []).map(
        ({ valueFrom }) => valueFrom.secretKeyRef.key,
      ),
    )
    expect([...new Set(keys)]).toEqual(['function-token'])
  })

  test('secrets are made outside, but for trying out', () => {
    const secrets = ofType(rendering, 'v1 Secret')
    expect(secrets).toHaveLength(rendering.name === 'overlays/minikube' ? 1 : 0)
  })
})

describe('the image', () => {
  const dockerfile = readText('Dockerfile.synchronizer')

  test('is based on a pinned major version that the package allows, and does not run as root', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
    expect(bases).toEqual(['node:20-slim', 'node:20-slim'])
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
  })

  test('is built from every folder that is compiled', () => {
    const { include } = parse(readText('tsconfig.json')) as { include: readonly string[] }
    const { exclude } = parse(readText('tsconfig.build.json')) as { exclude: readonly string[] }
    const sent = [...readText('.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, path]) => path)

    expect(sent).toEqual(
      expect.arrayContaining(include.filter((folder) => !exclude.includes(folder))),
    )
  })
})
