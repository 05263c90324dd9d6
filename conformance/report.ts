import type { Result } from './check.ts'
import type { CheckResult, Report } from './run-checks.ts'

type Verdict = Result['verdict']

const verdicts: readonly Verdict[] = ['passed', 'failed', 'skipped']

/** How many checks ended so. */
export const countOf = ({ results }: Report, verdict: Verdict): number =>
  results.filter(({ result }) => result.verdict === verdict).length

/** Texts of a function must not move the cursor of a terminal, nor break a document. */
const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\uFFFE\uFFFF]+/gu, ' ')

const detailOf = (result: Result): readonly string[] => {
  switch (result.verdict) {
    case 'passed':
      return []
    case 'failed':
      return [`Expected ${result.expected}, got ${result.came}.`, result.advice]
    case 'skipped':
      return [`${result.why}.`]
  }
}

/** One check in lines for people. */
export const resultText = ({ id, says, result }: CheckResult): string => {
  const details = detailOf(result).map((line) => `${' '.repeat(9)}${harmless(line)}\n`)
  return `${result.verdict.padEnd(9)}${id}: ${says}\n${details.join('')}`
}

/** `37 checks: 30 passed, 2 failed, 5 skipped`. */
export const summaryText = (report: Report): string =>
  `${report.results.length} checks: ${verdicts.map((verdict) => `${countOf(report, verdict)} ${verdict}`).join(', ')}`

/** The report for programs. */
export const reportJson = (report: Report): object => ({
  url: report.url,
  passed: countOf(report, 'passed'),
  failed: countOf(report, 'failed'),
  skipped: countOf(report, 'skipped'),
  checks: report.results.map(({ id, says, result, tookMs }) => ({
    id,
    says,
    ...result,
    duration_ms: tookMs,
  })),
})

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

const escaped = (text: string): string =>
  harmless(text).replace(/[&<>"]/g, (character) => escapes[character] ?? '')

const secondsOf = (ms: number): string => (ms / 1000).toFixed(3)

const caseBody = (result: Result): string => {
  switch (result.verdict) {
    case 'passed':
      return ''
    case 'failed': {
      const [message = '', advice = ''] = detailOf(result)
      return `\n      <failure message="${escaped(message)}">${escaped(advice)}</failure>\n    `
    }
    case 'skipped':
      return `\n      <skipped message="${escaped(result.why)}"/>\n    `
  }
}

const caseXml = ({ id, says, result, tookMs }: CheckResult): string =>
  `    <testcase classname="${id}" name="${escaped(says)}" time="${secondsOf(tookMs)}">${caseBody(result)}</testcase>\n`

/** The report as JUnit has it, for what runs tests. */
export const reportJunit = (report: Report): string => {
  const { url, results } = report
  const totalMs = results.reduce((sum, { tookMs }) => sum + tookMs, 0)
  const counts = `tests="${results.length}" failures="${countOf(report, 'failed')}" errors="0" skipped="${countOf(report, 'skipped')}" time="${secondsOf(totalMs)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites ${counts}>\n`,
    `  <testsuite name="syncstep conform ${escaped(url)}" ${counts}>\n`,
    ...results.map(caseXml),
    '  </testsuite>\n',
    '</testsuites>\n',
  ].join('')
}
