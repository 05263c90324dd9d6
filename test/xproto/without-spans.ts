/** A copy of a tree without its spans and without what is undefined. */
export const withoutSpans = (tree: unknown): unknown =>
  JSON.parse(JSON.stringify(tree, (key, value: unknown) => (key === 'span' ? undefined : value)))

const isText = (text: unknown): boolean => text !== ''

/** A copy of a tree without what layout is: spans and empty lines. */
export const withoutLayout = (tree: unknown): unknown =>
  JSON.parse(
    JSON.stringify(withoutSpans(tree), (key, value: unknown) =>
      (key === 'leading' || key === 'closing') && Array.isArray(value)
        ? value.filter(isText)
        : value,
    ),
  )

/** A copy of a tree without comments; what is kept as written, comments included, counts by its name only. */
export const withoutComments = (tree: unknown): unknown =>
  JSON.parse(
    JSON.stringify(withoutSpans(tree), function (this: { kind?: unknown }, key, value: unknown) {
      const isVerbatim = key === 'text' && this.kind === 'unsupported'
      return isVerbatim || key === 'comments' || key === 'closing' ? undefined : value
    }),
  )
