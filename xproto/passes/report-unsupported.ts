import { errorAt, warningAt, type Diagnostic } from '../diagnostics.ts'
import type { UnsupportedConstruct, UnsupportedNode } from '../syntax.ts'
import type { Check } from './check.ts'

/** What to do instead. */
const advice: Readonly<Record<UnsupportedConstruct, (name: string) => string>> = {
  import: () => 'import has no effect, as all texts are compiled together; remove it.',
  package: (name) =>
    `package ${name} is not supported, as all models share one set of names; remove it.`,
  enum: (name) => `enum ${name} is not supported; write choices on a string.`,
  message: (name) => `Message ${name} stands inside another; move it out and link to it.`,
  extensions: () =>
    'extensions are not supported; put new fields into a model that derives from this one.',
  extend: (name) => `extend ${name} is not supported; derive a model: message Name (${name}) { }.`,
  _service: (name) =>
    `_service ${name} is not supported, as the API is made from the models; remove it.`,
  map: (name) => `map ${name} is not supported; compute it in a sync step.`,
  reduce: (name) => `reduce ${name} is not supported; compute it in a sync step.`,
}

const diagnosticFor = ({ construct, name, span }: UnsupportedNode): Diagnostic => {
  const place = { ...span, end: name?.span.end ?? span.start + construct.length }
  const message = advice[construct](name?.text ?? '')
  if (construct === 'import') return warningAt('XP_UNSUPPORTED', place, message)
  // The original reads over everything but program text.
  const isCode = construct === 'map' || construct === 'reduce'
  return errorAt(isCode ? 'XP_UNSUPPORTED_CODE' : 'XP_UNSUPPORTED', place, message)
}

/** Parts of the language that nothing uses: enums, packages, nested messages, repeated fields, ... */
export const reportUnsupported: Check = (program, report) => {
  for (const { statements } of program.files) {
    for (const node of statements) {
      if (node.kind === 'unsupported') report(diagnosticFor(node))
      if (node.kind !== 'message') continue
      for (const part of node.parts) {
        if (part.kind === 'unsupported') report(diagnosticFor(part))
      }
    }
  }
  for (const message of program.messages) {
    for (const { modifier, name, span } of program.fieldsOf(message)) {
      if (modifier !== 'repeated') continue
      const place = { ...span, end: span.start + modifier.length }
      const text = `A list of values is not supported; make ${name.text} a manytomany link or one string.`
      report(errorAt('XP_REPEATED', place, text))
    }
  }
}
