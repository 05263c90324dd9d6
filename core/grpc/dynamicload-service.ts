import { status } from '@grpc/grpc-js'
import type { ModelFile } from '#contract'
import { CoreError, NotYetError } from '../errors.ts'
import type { Store } from '../store/port.ts'
import type { Cleanup, LoadRequest, LoadStatus, UnloadRequest } from '../store/services/request.ts'
import { StatusError } from './failures.ts'
import type { Message, Methods } from './methods.ts'

/** Numbers of `LoadModelsStatus`. */
const loadStatuses: Readonly<Record<LoadStatus, number>> = {
  SUCCESS: 0,
  SUCCESS_NOTHING_CHANGED: 1,
  ERROR_LIVE_MODELS: 102,
  ERROR_DELETION_IN_PROGRESS: 103,
  TRYAGAIN: 201,
}

/** In the order of `CleanupBehavior`. */
const cleanups: readonly Cleanup[] = ['REQUIRE_CLEAN', 'AUTOMATICALLY_CLEAN', 'PURGE']

const filesIn = (files: unknown): readonly ModelFile[] =>
  (files as readonly Message[]).map(({ filename, contents }) => ({
    filename: String(filename),
    contents: String(contents),
  }))

const loadRequestOf = (request: Message): LoadRequest => ({
  name: String(request['name']),
  version: String(request['version']),
  xprotos: filesIn(request['xprotos']),
  decls: filesIn(request['decls']),
  attics: filesIn(request['attics']),
  convenienceMethods: filesIn(request['convenience_methods']),
  migrations: filesIn(request['migrations']),
  coreVersion: String(request['core_version']),
})

const unloadRequestOf = (request: Message): UnloadRequest => {
  const cleanup = cleanups[Number(request['cleanup_behavior'])]
  if (cleanup === undefined) {
    throw new CoreError('VALIDATION', `Expected cleanup_behavior to be one of ${cleanups.join()}`)
  }
  return { name: String(request['name']), version: String(request['version']), cleanup }
}

/**
 * A refusal as XOS words it: a synchronizer shows the sentence, and ends on INVALID_ARGUMENT. On any other status it
 * asks again after 10 s.
 */
const refusalOf = (thrown: unknown): unknown => {
  if (!(thrown instanceof CoreError) || thrown.code !== 'VALIDATION') return thrown
  const isNotYet = thrown instanceof NotYetError
  return new StatusError('VALIDATION', thrown.message, {
    status: isNotYet ? status.FAILED_PRECONDITION : status.INVALID_ARGUMENT,
    isException: false,
  })
}

const replyTo = async (work: () => Promise<LoadStatus>): Promise<object> => {
  const ended = await work().catch((thrown: unknown) => {
    throw refusalOf(thrown)
  })
  if (ended === 'ERROR_LIVE_MODELS' || ended === 'ERROR_DELETION_IN_PROGRESS') {
    throw new StatusError('CONFLICT', ended, { status: status.ALREADY_EXISTS, isException: false })
  }
  return { status: loadStatuses[ended] }
}

/** `xos.dynamicload` (reference core-api.md 3). */
export const dynamicloadMethods = ({ services }: Pick<Store, 'services'>): Methods => ({
  LoadModels: {
    access: 'caller',
    answer: (request, { caller }) => replyTo(() => services.load(loadRequestOf(request), caller)),
  },
  UnloadModels: {
    access: 'caller',
    answer: (request, { caller }) =>
      replyTo(async () => services.unload(unloadRequestOf(request), caller)),
  },
  GetLoadStatus: {
    access: 'caller',
    answer: async () => ({ model_status: 0, model_output: '', services: await services.status() }),
  },
  GetConvenienceMethods: {
    access: 'caller',
    answer: async () => ({ convenience_methods: await services.convenienceMethods() }),
  },
})
