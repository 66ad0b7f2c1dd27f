import stringWidth from 'fast-string-width';
import { plural } from '../../text/format.js';
import type { CommandResult } from '../output.js';
import type { Screen } from '../terminal/screen.js';
import type { Style } from '../terminal/style.js';
import { wrapLine } from '../terminal/wrap.js';
import type { Finding, FindingGroup, Status } from './finding.js';

const SIGNS: Record<Status, [sign: string, colour: keyof Style & ('green' | 'yellow' | 'red' | 'dim')]> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  problem: ['✗', 'red'],
  skipped: ['–', 'dim'],
};
const INDENT = 2;

export interface ReportOptions {
  screen: Screen;
  json?: boolean;
}

/**
 * What the doctor says.
 * @param groups what was found
 * @param options where it is shown
 * @returns exit code 1 when there is a problem; warnings are none
 */
export function report(groups: readonly FindingGroup[], { screen, json }: ReportOptions): CommandResult {
  const findings = groups.flatMap((group) => group.findings);
  const count = (status: Status) => findings.filter((one) => one.status === status).length;
  const exitCode = count('problem') > 0 ? 1 : 0;
  if (json) {
    const listed = groups.flatMap(({ title, findings: inside }) => inside.map((one) => ({ group: title, ...one })));
    const summary = {
      ok: count('ok'),
      warning: count('warning'),
      problem: count('problem'),
      skipped: count('skipped'),
    };
    return { output: JSON.stringify({ healthy: exitCode === 0, summary, findings: listed }, null, 2), exitCode };
  }
  const column = Math.max(...findings.map(({ title }) => stringWidth(title)));
  const lines = groups.flatMap(({ title, findings: inside }) => [
    screen.style.bold(title),
    ...inside.flatMap((one) => describe(one, column, screen)),
    '',
  ]);
  return { output: [...lines, summarise(count, screen)].join('\n'), exitCode };
}

function describe({ title, status, detail, advice }: Finding, column: number, { style, width }: Screen): string[] {
  const [sign, colour] = SIGNS[status];
  const margin = INDENT + 2 + column + 2;
  const wrapped = wrapLine(detail, width - margin);
  const told = status === 'skipped' ? wrapped.map(style.dim) : wrapped;
  const next = advice === undefined ? [] : wrapLine(`→ ${advice}`, width - margin);
  const name = `${title}${' '.repeat(column - stringWidth(title))}`;
  const [first = '', ...rest] = [
    ...told,
    ...next.map((line) => (status === 'ok' ? style.dim(line) : style.cyan(line))),
  ];
  return [
    `${' '.repeat(INDENT)}${style[colour](sign)} ${name}  ${first}`,
    ...rest.map((line) => `${' '.repeat(margin)}${line}`),
  ];
}

function summarise(count: (status: Status) => number, { style }: Screen): string {
  const [problems, warnings] = [count('problem'), count('warning')];
  const words = [
    ...(problems > 0 ? [style.red(plural(problems, 'problem'))] : []),
    ...(warnings > 0 ? [style.yellow(plural(warnings, 'warning'))] : []),
    `${count('ok')} fine`,
    ...(count('skipped') > 0 ? [`${count('skipped')} not looked at`] : []),
  ].join(', ');
  return problems + warnings === 0 ? `${style.green('All is well')}: ${words}.` : `${words}.`;
}
