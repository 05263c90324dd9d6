import { stripVTControlCharacters } from 'node:util'

/** Characters that take two places of a line, as terminals show them. */
const wide =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uFF01-\uFF60]/u

/** Characters that are drawn over the one before. */
const combining = /\p{M}|\p{Cf}/u

const placesOf = (character: string): number => {
  if (combining.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

/** How many places of a line a text takes; colours take none. */
export const widthOf = (text: string): number =>
  Array.from(stripVTControlCharacters(text)).reduce(
    (width, character) => width + placesOf(character),
    0,
  )

/** The text, or as much of its beginning as takes that many places with a sign that there was more. */
export const cutTo = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text
  let kept = ''
  let room = width - 1
  for (const character of text) {
    room -= placesOf(character)
    if (room < 0) break
    kept += character
  }
  return width < 1 ? '' : `${kept}…`
}
