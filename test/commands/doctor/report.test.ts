import { describe, expect, it } from 'vitest';
import { type CheckContext, type Finding, type FindingGroup, findingsOf } from '../../../src/commands/doctor/check.js';
import { report, runChecks } from '../../../src/commands/doctor/command.js';
import { formatResult, styleFor } from '../../../src/commands/terminal.js';
import { PLAIN } from '../auth/world.js';

const { ok, warning, problem, skipped } = findingsOf('it', 'It');
const GROUPS: FindingGroup[] = [
  { title: 'One', findings: [ok('is fine'), { ...warning('is old', 'Make it new.'), title: 'Longer' }] },
  { title: 'Two', findings: [problem('is broken', 'Mend it.'), skipped('was not looked at')] },
];

describe('the report', () => {
  it('lines all findings up, with what to do beneath', () => {
    expect(report(GROUPS, PLAIN).text.split('\n')).toEqual([
      'One',
      '  ✓ It      is fine',
      '  ! Longer  is old',
      '            → Make it new.',
      '',
      'Two',
      '  ✗ It      is broken',
      '            → Mend it.',
      '  – It      was not looked at',
      '',
      '1 problem, 1 warning, 1 fine, 1 not checked.',
    ]);
  });

  it('fails with a problem, and with nothing less', () => {
    const codeOf = (...findings: Finding[]) => report([{ title: 'x', findings }], PLAIN).exitCode;
    expect([codeOf(ok('a')), codeOf(ok('a'), warning('b'), skipped('c')), codeOf(ok('a'), problem('b'))]).toEqual([
      0, 0, 1,
    ]);
  });

  it('says once what several findings advise, and programs each time', () => {
    const found = [warning('a', 'Do it.'), problem('b', 'Do it.'), warning('c', 'Do that.')];
    const groups = [
      { title: 'One', findings: found },
      { title: 'Two', findings: [ok('d', 'Do it.')] },
    ];
    const { text, data } = report(groups, PLAIN);
    expect(text.match(/→ .*/g)).toEqual(['→ Do it.', '→ Do that.']);
    expect(JSON.stringify(data).match(/Do it\./g)).toHaveLength(3);
  });

  it('says when all is well', () => {
    const { text } = report([{ title: 'x', findings: [ok('a'), ok('b')] }], PLAIN);
    expect(text.split('\n').at(-1)).toBe('All is well: 2 fine.');
  });

  it('wraps what is longer than the screen', () => {
    const detail = 'one two three four five six seven eight nine ten';
    const screen = { style: styleFor({}, {}), width: 30 };
    const { text } = report([{ title: 'x', findings: [problem(detail, detail)] }], screen);
    expect(text.split('\n').filter((line) => line.length > 30)).toEqual([]);
    expect(text.replace(/\s+/g, ' ')).toContain(`${detail} → ${detail}`);
  });

  it('is JSON for scripts', () => {
    const result = report(GROUPS, PLAIN);
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(formatResult(result, { json: true }))).toMatchObject({
      healthy: false,
      summary: { ok: 1, warning: 1, problem: 1, skipped: 1 },
      findings: [
        { group: 'One', id: 'it', status: 'ok', detail: 'is fine' },
        { group: 'One', advice: 'Make it new.' },
        { group: 'Two' },
        { group: 'Two' },
      ],
    });
  });
});

describe('the examination', () => {
  const context = {} as CheckContext;

  it('runs every check, and keeps their order', async () => {
    const groups = await runChecks(context, [
      { title: 'A', checks: { one: async () => ok('1'), more: async () => [ok('2'), ok('3')] } },
      { title: 'B', checks: { none: async () => [] } },
      { title: 'C', checks: { last: async () => ok('4') } },
    ]);
    expect(groups.map(({ title, findings }) => [title, findings.map(({ detail }) => detail)])).toEqual([
      ['A', ['1', '2', '3']],
      ['C', ['4']],
    ]);
  });

  it('outlives a check that fails, and one that hangs', async () => {
    const thing = () => Promise.reject(new Error('with hf_thrown_secret_0123456789'));
    const never = () => new Promise<Finding>(() => {});
    const fine = async () => ok('fine');
    const [group] = await runChecks(context, [{ title: 'A', checks: { thing, never, fine } }], 50);
    expect(group?.findings.map(({ id, status }) => [id, status])).toEqual([
      ['thing', 'problem'],
      ['never', 'problem'],
      ['it', 'ok'],
    ]);
    expect(group?.findings[0]?.detail).toContain('with [token]');
  });

  it('lets nothing draw on the terminal, and gives no secret away', async () => {
    const hostile = 'a\u001b[31mb\nc\u202e hf_found_secret_0123456789';
    const [group] = await runChecks(context, [
      { title: 'A', checks: { hostile: async () => problem(hostile, hostile) } },
    ]);
    expect(group?.findings[0]).toMatchObject({ detail: 'ab c [token]', advice: 'ab c [token]' });
  });
});
