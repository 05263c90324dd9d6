/**
 * Xproto: the language in which models are written.
 *
 * Start with {@link compile}: texts in, a checked {@link Schema} and {@link Diagnostic}s out. {@link parse} and
 * {@link print} read and write the syntax tree of one text. Nothing in here reads files.
 */
export { compile, type CompileOptions, type Compiled } from './compile.ts'
export { leniencies, type Mode } from './leniencies.ts'
export { parse } from './parse.ts'
export { print } from './print.ts'
export { toGithub, toJson, type DiagnosticJson } from './diagnostic-formats.ts'
export type { Diagnostic, Note } from './diagnostics.ts'
export { didYouMean, nearestName } from './nearest.ts'
export {
  createPolicyEvaluator,
  type PolicyEvaluator,
  type PolicyPlan,
} from './policies/evaluator.ts'
export { prefilterOf, type FieldOperand, type Filter, type Operand } from './policies/filter.ts'
export {
  PolicyError,
  type PolicyContext,
  type PolicyPort,
  type PolicyRecord,
} from './policies/port.ts'
export { printPolicy } from './policies/print.ts'
export type { Policy, PolicyExpression, PolicyTerm } from './policies/syntax.ts'
export { render, type RenderOptions } from './render.ts'
export type { Source, Span } from './source.ts'
export type {
  DefaultValue,
  Field,
  FieldRole,
  LinkField,
  Model,
  ReverseLink,
  ScalarField,
  ScalarType,
  Schema,
} from './schema.ts'
export type { FileNode, LinkNode, MessageNode, PolicyNode, ScalarNode } from './syntax.ts'
export { escapedHtml } from './targets/escaped-html.ts'
export { targets } from './targets/index.ts'
export { modelDefsOf, type ModelDef } from './targets/modeldefs.ts'
export { importedProtos } from './targets/proto-options.ts'
export { xosProto } from './targets/proto3.ts'
export type { GeneratedFile, Target } from './targets/target.ts'
export { toscaKeysOf, toscaTypeOf } from './targets/tosca.ts'
