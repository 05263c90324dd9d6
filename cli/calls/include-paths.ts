/** The first links of paths: those of `owner.site` and `owner.ports` are `owner`. */
export const pathHeads = (paths: readonly string[]): ReadonlySet<string> =>
  new Set(paths.map((path) => path.split('.', 1)[0] ?? path))

/** What paths go on with behind their first link: of `owner.site` and `ports`, below `owner`, that is `site`. */
export const pathsBelow = (paths: readonly string[], head: string): readonly string[] =>
  paths.flatMap((path) => (path.startsWith(`${head}.`) ? [path.slice(head.length + 1)] : []))
