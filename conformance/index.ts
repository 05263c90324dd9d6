/**
 * Conformance: whether a function, in whatever language, keeps the function contract.
 *
 * {@link runChecks} calls a function over HTTP as a dispatcher does, and as it should not, and looks at the answers.
 * Each {@link CheckResult} says what is true of a function that passes; one that failed, what was expected, what came
 * and what to do. HTTP, time and the process of the function are arguments.
 */
export {
  checkNames,
  runChecks,
  type CheckResult,
  type ConformanceOptions,
  type Report,
} from './run-checks.ts'
export { countOf, reportJson, reportJunit, resultText, summaryText } from './report.ts'
export type { Sample, Samples, StartedProcess } from './tested.ts'
export type { Exchange, HttpRequest, Reply } from './exchange.ts'
