import type { Written } from './core-client.ts'

/** `Changed Site/1, which is revision 57 now.` */
export const writtenText = (done: string, model: string, { record, revision }: Written): string => {
  const version = revision === undefined ? '' : `, which is revision ${revision} now`
  return `${done} ${model}/${String(record['id'])}${version}.\n`
}
