/** One xproto text and the name it goes by in messages. */
export type Source = { readonly file: string; readonly text: string }

/** A stretch of a source, as offsets in UTF-16 units; `end` is exclusive. */
export type Span = { readonly file: string; readonly start: number; readonly end: number }
