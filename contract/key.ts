/** Names a record by its leaf model and id. It says nothing about the record's content. */
export type Key = { readonly model: string; readonly id: number }

/** `HelloWorldService/1`: the key as it appears in logs, CloudEvent subjects and maps. */
export const keyText = ({ model, id }: Key): string => `${model}/${id}`

/** Reads {@link keyText} back. Undefined when the text is not `Model/ID`. */
export const keyFrom = (text: string): Key | undefined => {
  const match = /^([A-Za-z_$][\w$]*)\/([1-9]\d{0,9})$/.exec(text)
  if (match?.[1] === undefined) return undefined
  return { model: match[1], id: Number(match[2]) }
}
