import { errorAt, type Report } from '../diagnostics.ts'
import { peerOf } from '../program.ts'
import type { Identifier, LinkNode } from '../syntax.ts'
import type { Check } from './check.ts'

const isWithin = ({ text }: Identifier, low: number, high: number): boolean =>
  /^\+?\d{1,4}$/.test(text) && Number(text) >= low && Number(text) <= high

const reportReverseNumber = (link: LinkNode, report: Report): void => {
  const { reverseNumber, number, target } = link
  const peer = peerOf(link)
  if (reverseNumber === undefined) {
    if (peer === undefined) return
    const advice = `Number the reverse set ${peer} of ${target.text}, as in ${number.text}:1001.`
    report(errorAt('XP_REVERSE_NUMBER_MISSING', number.span, advice))
  } else if (!isWithin(reverseNumber, 1000, 1899)) {
    const advice = `A reverse number is a whole number from 1000 to 1899, not ${reverseNumber.text.slice(0, 40)}.`
    report(errorAt('XP_NUMBER_RANGE', reverseNumber.span, advice))
  }
}

/** Fields are numbered from 1 to 99, reverse sets from 1000 to 1899. */
export const reportNumberRanges: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (!isWithin(field.number, 1, 99)) {
        const advice = `A field number is a whole number from 1 to 99, not ${field.number.text.slice(0, 40)}.`
        report(errorAt('XP_NUMBER_RANGE', field.number.span, advice))
      }
      if (field.kind === 'link') reportReverseNumber(field, report)
    }
  }
}
