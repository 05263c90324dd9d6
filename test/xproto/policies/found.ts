import { compile, render } from '#xproto'

/** What is wrong with a text, one line each, as it is shown; the text begins on line 2. */
export const found = (text: string): readonly string[] => {
  const source = { file: 'a.xproto', text: `option app_label = "a";\n${text}` }
  return compile([source]).diagnostics.map((diagnostic) =>
    (render(diagnostic, [source]).split('\n')[0] ?? '').replace('a.xproto:', ''),
  )
}
