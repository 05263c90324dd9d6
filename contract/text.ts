/** Longest text that is kept on a record, in UTF-16 units (XOS: `backend_status` is 1024 wide). */
export const maxTextLength = 1024

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff

/** Cuts to `length` UTF-16 units, one less where it would split a character. */
export const cutText = (text: string, length: number = maxTextLength): string => {
  if (text.length <= length) return text
  return text.slice(0, isHighSurrogate(text.charCodeAt(length - 1)) ? length - 1 : length)
}

// A line break as it is, as it stands inside a JSON string, or as a web framework's error page has it.
const lineBreak = String.raw`(?:\r?\n|(?:\\r)?\\n|<br ?/?>)`

const frameEnd = String.raw`(?::\d+|\(index \d+\)|<anonymous>|&lt;anonymous&gt;|\(native\)|Native Method|Unknown Source)`

/** The first frame of a JavaScript or Java stack; what follows it is the stack, never the message. */
const firstFrame = new RegExp(
  String.raw`(?:^|${lineBreak})(?:[ \t]|\\t|&nbsp;)+at [^\r\n]{0,1000}?${frameEnd}`,
)

/** Python puts the stack before the message. */
const pythonTrace = new RegExp(
  String.raw`(?:^|${lineBreak})[ \t]*Traceback \(most recent call last\):`,
)

const lastMessageLine = (text: string): string =>
  text.split(new RegExp(lineBreak)).findLast((line) => /^[^\s"'}\]]/.test(line)) ?? ''

const withoutStack = (text: string): string => {
  const trace = text.search(pythonTrace)
  if (trace !== -1) {
    const before = text.slice(0, trace).trim()
    const message = lastMessageLine(text.slice(trace))
    const hasMessage = message !== '' && !message.startsWith('Traceback ')
    return hasMessage ? `${before} ${message}`.trim() : before
  }
  const frame = text.search(firstFrame)
  return frame === -1 ? text : text.slice(0, frame)
}

/** More than any message with its stack; bounds the work on an answer that is neither. */
const maxSearchedLength = 65_536

/**
 * A text fit to be stored and shown: no stack trace, no control characters but line breaks and tabs (PostgreSQL
 * stores no NUL), no lone surrogates, at most {@link maxTextLength} units.
 */
export const readableText = (text: string): string =>
  cutText(
    withoutStack(text.slice(0, maxSearchedLength))
      .replace(/[^\P{Cc}\n\t]/gu, ' ')
      .replace(/\p{Cs}/gu, '\uFFFD')
      .trim(),
  )
