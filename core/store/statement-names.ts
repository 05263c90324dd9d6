/** A text gets a name, and so a plan that is kept, when it comes for this time. */
const usesBeforeName = 3
const mostNames = 256

/** Names for texts that come again and again; the first so many get one. */
export const createNames = (): ((text: string) => string | undefined) => {
  const uses = new Map<string, number>()
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= mostNames) return known
    const count = (uses.get(text) ?? 0) + 1
    // Texts that came once only must not be remembered for ever.
    if (uses.size > mostNames * 4) uses.clear()
    uses.set(text, count)
    if (count < usesBeforeName) return undefined
    uses.delete(text)
    const name = `s${names.size}`
    names.set(text, name)
    return name
  }
}
