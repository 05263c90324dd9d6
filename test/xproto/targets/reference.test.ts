import { expect, test } from 'vitest'
import { compile, type Schema, type Source } from '#xproto'
import { html } from '../../../xproto/targets/html.ts'
import { markdown } from '../../../xproto/targets/markdown.ts'
import type { Target } from '../../../xproto/targets/target.ts'
import { everySource, listServices } from '../../fixtures/services/read.ts'

const schemaOf = (sources: readonly Source[]): Schema => {
  const { schema, diagnostics } = compile(sources)
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

/** The page for the models named, or for all. */
const pageOf = (target: Target, schema: Schema, names?: readonly string[]): string => {
  const models = schema.models.filter(({ name }) => names?.includes(name) ?? true)
  const [file, ...rest] = target.generate(schema, models)
  expect(rest).toEqual([])
  return file!.text
}

const fromText = (text: string): Schema =>
  schemaOf([{ file: 'library.xproto', text: `option app_label = "library";\n${text}` }])

const library = fromText(`
policy everybody < True >
policy shelf_policy < *everybody(shelf) >
policy member_policy <
    ctx.user.is_admin
    | *shelf_policy(shelf)
>
policy titled < obj.title >
message Thing { option abstract = True; required string label = 2 [max_length = 9]; }
message User { required bool is_admin = 2 [default = False]; }
message Shelf { required string room = 2 [text = True, tosca_key = True]; optional manytoone shelf->Shelf:shelves = 3:1002; }
message Book::member_policy (Thing) {
  option description = "What people read.";
  option verbose_name = "Book";
  option validators = "titled:A book needs a title";
  required string title = 1 [max_length = 80, unique_with = "shelf", help_text = "On its back"];
  optional string state = 2 [max_length = 9, choices = "((None, 'Nobody knows'), ('lent', 'Lent out'))", default = "lent"];
  optional int32 pages = 3 [min_value = 1, max_value = 9999, feedback_state = True];
  required string bought = 4 [content_type = "date", auto_now_add = True, bookkeeping_state = True];
  required manytoone shelf->Shelf:books = 5:1001 [help_text = "Where it stands"];
  optional manytomany similar->Book:+ = 6 [help_text = "To read next"];
}
message Novel (Book) { option owner_class_name = "Shelf"; optional manytoone owner->Shelf:novels = 1:1003; }
`)

test('a page of Markdown has all there is to know about a model', () => {
  const page = pageOf(markdown, library, ['Novel', 'Shelf'])
  const sections = page.split(/(?=<a id=)/)

  expect(sections.map((section) => section.split('\n')[0])).toEqual([
    '# Reference of the models',
    '<a id="models"></a>',
    '<a id="model-Book"></a>',
    '<a id="model-Novel"></a>',
    '<a id="model-Shelf"></a>',
    '<a id="model-Thing"></a>',
    '<a id="policies"></a>',
    '<a id="policy-everybody"></a>',
    '<a id="policy-member_policy"></a>',
    '<a id="policy-shelf_policy"></a>',
    '<a id="policy-titled"></a>',
  ])
  expect(sections[2]).toBe(`<a id="model-Book"></a>

### Book

What people read.

- App: \`library\`
- REST path: \`/xosapi/v1/library/books\`
- Content type: \`library.book\`
- Name for people: Book
- Derives from: [Thing](#model-Thing)
- Derived models: [Novel](#model-Novel)
- Unique together: \`shelf\` and \`title\`
- Access policy: [member\\_policy](#policy-member_policy)
- Validators: [titled](#policy-titled): A book needs a title

**Fields of Book**

| Field | Number | Type | Required | Default | Choices | Limits | Role | Description |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| \`title\` | 101 | \`string\` | yes |  |  | at most 80 characters | declarative | On its back |
| \`state\` | 102 | \`string\` | no | \`"lent"\` | \`null\` Nobody knows, \`lent\` Lent out | at most 9 characters | declarative |  |
| \`pages\` | 103 | \`int32\` | no |  |  | at least 1, at most 9999 | feedback |  |
| \`bought\` | 104 | \`date\`: seconds since 1970 | yes | time of creation |  |  | bookkeeping |  |

**Links of Book**

| Link | Number | On the wire | To | Kind | Reverse set | Required | Default | Role | Description |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| \`shelf\` | 105 | \`shelf_id\` | [Shelf](#model-Shelf) | \`manytoone\` | \`books\` | yes |  | declarative | Where it stands |
| \`similar\` | 106 | \`similar_ids\` | [Book](#model-Book) | \`manytomany\` | none | no |  | declarative | To read next |

**What Book inherits**

| From | Fields, links and reverse sets with their numbers |
| --- | --- |
| [Thing](#model-Thing) | \`label\` 2 |

`)
  expect(sections[3]).toContain(`- Counts its ids with: [Book](#model-Book)
- Accepts as owner: [Shelf](#model-Shelf)
`)
  expect(sections[4]).toContain('- Found in recipes by: `room`\n- Access policy: none: everybody\n')
  expect(sections[4]).toContain(
    '| `novels` | 1003 | `novels_ids` | [Novel](#model-Novel) | `owner` |\n',
  )
  expect(sections[5]).toContain('- REST path: none, as there are no records of it\n')
  expect(sections[8]).toBe(`<a id="policy-member_policy"></a>

### member\\_policy

\`\`\`
ctx.user.is_admin
| *shelf_policy(shelf)
\`\`\`

`)
})

test('models that are not on the page are named and lead nowhere', () => {
  const page = pageOf(markdown, library, ['Shelf'])

  expect(page).toContain('| `books` | 1001 | `books_ids` | `Book` | `shelf` |')
  expect(page).not.toContain('#model-Book')
})

test('the page of HTML says the same with elements for it', () => {
  const page = pageOf(html, library)

  expect(page).toMatch(/^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n/)
  expect(page).toContain('<title>Reference of the models</title>')
  expect(page).toContain(`<section id="model-Book" aria-labelledby="model-Book-title">
<h3 id="model-Book-title">Book</h3>
<p>What people read.</p>
<dl>
<dt>App</dt><dd><code>library</code></dd>
<dt>REST path</dt><dd><code>/xosapi/v1/library/books</code></dd>
`)
  expect(page).toContain(`<table>
<caption>Fields of Thing</caption>
<thead><tr><th scope="col">Field</th><th scope="col">Number</th>`)
  expect(page).toContain(
    '<tr><th scope="row"><code>state</code></th><td>102</td><td><code>string</code></td><td>no</td><td><code>&quot;lent&quot;</code></td>',
  )
  expect(page).toContain('<dt>Derives from</dt><dd><a href="#model-Thing">Thing</a></dd>')
  expect(page).toContain(
    '<pre tabindex="0"><code>ctx.user.is_admin\n| *shelf_policy(shelf)</code></pre>',
  )
})

/** Texts that a page must not take for its own words, and what Markdown and HTML make of them. */
const hostile: readonly (readonly [text: string, inMarkdown: string, inHtml: string])[] = [
  [
    '<script>alert(1)</script>',
    '\\<script\\>alert(1)\\</script\\>',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
  ],
  ['a | b || c', 'a \\| b \\|\\| c', 'a | b || c'],
  ['a `b` c', 'a \\`b\\` c', 'a `b` c'],
  ['[x](javascript:y)', '\\[x\\](javascript:y)', '[x](javascript:y)'],
  ['AT&T &lt; &copy;', 'AT\\&T \\&lt; \\&copy;', 'AT&amp;T &amp;lt; &amp;copy;'],
  [
    "it's *so* _very_ **bold**",
    "it's \\*so\\* \\_very\\_ \\*\\*bold\\*\\*",
    'it&#39;s *so* _very_ **bold**',
  ],
  ['- not a list', '\\- not a list', '- not a list'],
  ['1. not a list', '1\\. not a list', '1. not a list'],
  ['# not a heading', '\\# not a heading', '# not a heading'],
  ['tabs\tand   blanks', 'tabs and blanks', 'tabs\tand   blanks'],
  ['back\\\\slash', 'back\\\\slash', 'back\\slash'],
]

const hostilePage = (target: Target): string =>
  pageOf(
    target,
    fromText(`
message A {
  option description = "lead";
  ${hostile
    .map(
      ([text], index) =>
        `optional string f${index} = ${index + 2} [max_length = 9, help_text = "${text.replaceAll('"', '\\"')}"];`,
    )
    .join('\n')}
  optional string choice = 50 [max_length = 90, choices = "(('<b>|\`', '</td>|'),)"];
}
`),
  )

test.each(hostile)('%s is a text like any other', (_text, inMarkdown, inHtml) => {
  expect(hostilePage(markdown)).toContain(`| declarative | ${inMarkdown} |\n`)
  expect(hostilePage(html)).toContain(`<td>declarative</td><td>${inHtml}</td></tr>`)
})

test('the values of choices are texts as well', () => {
  expect(hostilePage(markdown)).toContain('`` <b>\\|` `` \\</td\\>\\|')
  expect(hostilePage(html)).toContain('<code>&lt;b&gt;|`</code> &lt;/td&gt;|')
})

const pages = [
  ['hostile texts', hostilePage(markdown), hostilePage(html)] as const,
  ...[
    ['library', library] as const,
    ...listServices().map(({ name, sources }) => [name, schemaOf(sources)] as const),
    ['every service', schemaOf(everySource())] as const,
  ].map(([name, schema]) => [name, pageOf(markdown, schema), pageOf(html, schema)] as const),
]

/** All that a pattern finds in a text, by its first group. */
const found = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, first]) => first!)

const repeated = (names: readonly string[]): readonly string[] =>
  names.filter((name, index) => names.indexOf(name) !== index)

test.each(pages)('in the pages about %s every link leads to one place', (_name, text, page) => {
  const anchors = found(text, /<a id="([\w-]+)"><\/a>/g)
  expect(repeated(anchors)).toEqual([])
  expect(found(text, /\]\(#([^)]*)\)/g).filter((to) => !anchors.includes(to))).toEqual([])

  const ids = found(page, / id="([^"]*)"/g)
  const references = [
    ...found(page, / href="#([^"]*)"/g),
    ...found(page, / aria-labelledby="([^"]*)"/g),
  ]
  expect(repeated(ids)).toEqual([])
  expect(references.filter((to) => !ids.includes(to))).toEqual([])
})

/** The text without what stands in code, where Markdown reads nothing. */
const proseOf = (text: string): string =>
  text
    .replace(/^```\n[\s\S]*?\n```$/gm, '')
    .replace(/(`+)(?:(?!`)[\s\S]|(?!\1)`)+?\1(?!`)/g, 'code')

test.each(pages)('the rows of each table about %s are as wide as its head', (_name, text) => {
  const rows = proseOf(text)
    .split('\n')
    .map((line) => (line.startsWith('|') ? line.replace(/\\./g, '').split('|').length : 0))
  const uneven = rows.filter((width, index) => {
    const above = rows[index - 1] ?? 0
    return width > 0 && above > 0 && width !== above
  })
  expect(uneven).toEqual([])
  expect(
    proseOf(text)
      .replace(/\\./g, '')
      .match(/<(?!a id="[\w-]+"><\/a>|\/a>)/g),
  ).toBeNull()
})

const empty = new Set(['meta'])
const known =
  /^(?:html|head|meta|title|style|body|main|h[1-3]|p|section|nav|ul|li|a|dl|dt|dd|div|table|caption|thead|tbody|tr|th|td|code|pre)$/

/** What is wrong with the nesting of the elements of a page. */
const nestingFaults = (page: string): readonly string[] => {
  const open: string[] = []
  const faults: string[] = []
  for (const [, slash, name] of page.matchAll(/<(\/?)(\w+)[^<>]*>/g)) {
    if (!known.test(name!)) faults.push(`${name} is no element of the page`)
    if (empty.has(name!)) continue
    if (slash === '') open.push(name!)
    else if (open.pop() !== name) faults.push(`</${name}> closes nothing`)
  }
  return [...faults, ...open]
}

test.each(pages)(
  'the page of HTML about %s is well formed and stands alone',
  (_name, _text, page) => {
    const [, body] = page.split('</style>')
    expect(nestingFaults(page)).toEqual([])
    expect(body).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/)
    expect(page).not.toMatch(/<(?:script|link|img|iframe)|\son\w+=|\s(?:src|style)=|@import|url\(/)
    expect(found(page, / href="([^#][^"]*)"/g)).toEqual([])
    expect(page.match(/<th>|<td scope/g)).toBeNull()
    expect(page.match(/<h1>/g)).toHaveLength(1)
  },
)
