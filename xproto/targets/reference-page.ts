/** What stands on the reference page, however it is written down. */
export type ReferencePage = {
  readonly title: string
  readonly introduction: Line
  readonly chapters: readonly Chapter[]
}

export type Chapter = {
  readonly id: string
  readonly title: string
  readonly sections: readonly Section[]
}

export type Section = {
  /** Of letters, digits, `_` and `-`; no two sections have the same. */
  readonly id: string
  readonly title: string
  readonly blocks: readonly Block[]
}

export type Block =
  | { readonly kind: 'paragraph'; readonly line: Line }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [name: string, value: Line])[] }
  /** The first cell of a row names the row. */
  | {
      readonly kind: 'table'
      readonly caption: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly Line[])[]
    }
  | { readonly kind: 'listing'; readonly text: string }

export type Line = readonly Inline[]

export type Inline =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  /** `to` is the id of a section of the page. */
  | { readonly kind: 'link'; readonly text: string; readonly to: string }

/** A line of words; no line when there are none. */
export const words = (text: string): Line => (text.trim() === '' ? [] : [{ kind: 'text', text }])

export const code = (text: string): Line => [{ kind: 'code', text }]

/** Lines one after the other, with something between them. */
export const joined = (lines: readonly Line[], separator = ', '): Line =>
  lines.flatMap((line, index) =>
    index === 0 ? line : [{ kind: 'text', text: separator }, ...line],
  )
