import { errorAt, warningAt } from '../diagnostics.ts'
import type { UnsupportedNode } from '../syntax.ts'
import type { Check } from './check.ts'

const diagnosticFor = ({ construct, span }: UnsupportedNode) => {
  const place = { ...span, end: span.start + construct.length }
  return construct === 'import'
    ? warningAt(
        'XP_UNSUPPORTED',
        place,
        'import has no effect, as all texts are compiled together; remove it.',
      )
    : errorAt('XP_UNSUPPORTED', place, `"${construct}" is not supported here; remove it.`)
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
      const advice = `A list of values is not supported; make ${name.text} a manytomany link or one string.`
      report(errorAt('XP_UNSUPPORTED', { ...span, end: span.start + modifier.length }, advice))
    }
  }
}
