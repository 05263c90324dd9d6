import type { Faces } from '../faces.ts'

export type Route = { readonly method: string; readonly path: string }

/** Every path and method that a face has a route for; most methods of most paths answer 405. */
export const routesOf = (face: Faces['rest']): readonly Route[] => {
  const parents: string[] = []
  return face
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] =
        /^(.*?)[├└]── (\S*) \((.*)\)$/.exec(line) ?? []
      if (methods === '') return []
      const depth = indent.length / 4
      const path = (parents[depth - 1] ?? '') + part
      parents[depth] = path
      return methods.split(', ').map((method) => ({ method, path }))
    })
}
