/** What was looked at, and how it is. Only what is `wrong` keeps a service from running. */
export type Finding = {
  readonly state: 'ok' | 'note' | 'wrong'
  /** A sentence without its full stop. */
  readonly text: string
  /** What to do, as sentences. */
  readonly advice?: string
}

export const ok = (text: string): Finding => ({ state: 'ok', text })

export const note = (text: string, advice: string): Finding => ({ state: 'note', text, advice })

export const wrong = (text: string, advice: string): Finding => ({ state: 'wrong', text, advice })
