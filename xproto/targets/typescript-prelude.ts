/**
 * What the generated types rest on: which include paths there are, and what a record is with those it includes.
 * Links say where they lead in `Models`, so that a path needs three levels of types and not all of them.
 */
export const prelude = `// Types of the models, written by "syncstep generate types". What is changed here is lost the next time.

/** The names of the models that have records. */
export type ModelName = keyof Models

type One<To> = { readonly leadsTo: To; readonly as: 'one' }
type OneOrNone<To> = { readonly leadsTo: To; readonly as: 'one or none' }
type Many<To> = { readonly leadsTo: To; readonly as: 'many' }

type LeavesOf<Name> = Name extends ModelName ? Models[Name]['leaves'] : never
type LinksOf<Name> = Name extends ModelName ? Models[Name]['links'] : never

type Below = { readonly 3: 2; readonly 2: 1 }

type PathBeyond<Link, Depth> = Depth extends keyof Below
  ? Link extends One<infer To> | OneOrNone<infer To>
    ? PathFrom<LeavesOf<To>, Below[Depth]>
    : never
  : never

type PathFrom<Name, Depth> = Name extends ModelName
  ? {
      [Link in keyof LinksOf<Name> & string]:
        | Link
        | \`\${Link}.\${PathBeyond<LinksOf<Name>[Link], Depth>}\`
    }[keyof LinksOf<Name> & string]
  : never

/** What a step that observes the model can include: \`'owner'\`, \`'owner.site'\`; at most three links in a row. */
export type Include<Name extends ModelName> = PathFrom<LeavesOf<Name>, 3>

type FirstOf<Path> = Path extends \`\${infer Link}.\${string}\` ? Link : Path
type RestOf<Path, Link extends string> = Path extends \`\${Link}.\${infer Rest}\` ? Rest : never

type EndOf<Link, Path> =
  Link extends One<infer To>
    ? View<LeavesOf<To>, Path>
    : Link extends OneOrNone<infer To>
      ? View<LeavesOf<To>, Path> | null
      : Link extends Many<infer To>
        ? readonly View<LeavesOf<To>, Path>[]
        : never

type View<Name, Path> = Name extends ModelName
  ? Models[Name]['fields'] & { readonly leaf_model: View<Name, Path> } & {
      readonly [Link in keyof LinksOf<Name> & FirstOf<Path> & string]: EndOf<
        LinksOf<Name>[Link],
        RestOf<Path, Link>
      >
    }
  : never

/**
 * A record as a step sees it: its fields (null ones are absent), and the related records on the given include paths.
 * A record of a model from which others derive may be one of theirs: \`leaf_model_name\` tells which.
 */
export type Expanded<Name extends ModelName, Path extends Include<Name> = never> = View<
  LeavesOf<Name>,
  Path
>
`
