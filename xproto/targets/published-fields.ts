import type { Field, Model } from '../schema.ts'

/** The fields that faces show, in wire order: all but inherited ones that the model keeps to itself. */
export const publishedFields = ({ name, fields, unpublished }: Model): readonly Field[] =>
  fields.filter((field) => field.declaredIn === name || !unpublished.has(field.name))
