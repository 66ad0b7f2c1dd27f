import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pythonAvailable } from '../python.js';
import { type Caller, ownCaller, plainCaller, type Result } from './callers.js';
import { type Major, type Trial, trialsFor } from './endpoints.js';
import { type GradioVersion, VERSIONS } from './requirements.js';
import { useApp } from './workplace.js';

/** How a trial came out, by trial and version. */
const table = new Map<string, Map<GradioVersion, string>>();

// The plain client prints its own abort some time after it is closed, and warns of endpoints that it knows nothing of.
beforeAll(() => {
  for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

const titleOf = ({ endpoint, arguments: args }: Trial) => `${endpoint} ${JSON.stringify(args).slice(0, 60)}`;

describe.skipIf(!pythonAvailable()).each(VERSIONS)('hugwire and the plain client on Gradio %s', (version) => {
  const major = Number(version.split('.')[0]) as Major;
  const world = useApp(version, 'kitchen_sink');
  let own: Caller;
  let plain: Caller;

  beforeAll(async () => {
    own = ownCaller(world.workplace, world.app.url);
    plain = await plainCaller(world.workplace.folder, world.app.url);
  });

  afterAll(() => plain?.close());

  it.each(trialsFor(major).map((trial) => [titleOf(trial), trial] as const))('%s', async (title, trial) => {
    const [mine, theirs] = [
      await own.call(trial.endpoint, trial.arguments),
      await plain.call(trial.endpoint, trial.arguments),
    ];
    const row = table.get(title) ?? new Map<GradioVersion, string>();
    table.set(title, row.set(version, compare(mine, theirs)));
    if (trial.fails) expectFailure(trial.fails, mine, theirs);
    else if (trial.right) expect([mine, theirs]).toEqual([{ values: trial.right }, expect.not.objectContaining(mine)]);
    else if ('values' in theirs) expect(mine).toEqual(theirs);
    else expect(mine).toHaveProperty('values');
    if (trial.simple) expect(await own.call(trial.endpoint, trial.simple)).toEqual(theirs);
  });

  it('tried every endpoint that the app lists', async () => {
    const { endpoints } = await world.workplace.spaces.open(world.app.url);
    const tried = new Set(trialsFor(major).map(({ endpoint }) => endpoint));
    const listed = endpoints.filter(({ hidden }) => !hidden).map(({ name }) => name);
    expect(listed.filter((name) => !tried.has(name))).toEqual([]);
    expect(listed.length).toBeGreaterThan(60);
  });
});

afterAll(() => {
  if (table.size === 0) return;
  const line = (title: string, cells: string[]) =>
    `${title.padEnd(76)}${cells.map((cell) => cell.padEnd(16)).join('')}`;
  const rows = [...table].map(([title, row]) =>
    line(
      title,
      VERSIONS.map((version) => row.get(version) ?? '–'),
    ),
  );
  console.info([line('trial', VERSIONS), ...rows].join('\n'));
});

function compare(mine: Result, theirs: Result): string {
  const failed = [mine, theirs].map((result) => 'failure' in result);
  if (failed[0] && failed[1]) return 'both fail';
  if (failed[1]) return 'hugwire only';
  if (failed[0]) return 'plain only';
  return JSON.stringify(mine) === JSON.stringify(theirs) ? 'same' : 'differ';
}

function expectFailure(by: NonNullable<Trial['fails']>, mine: Result, theirs: Result): void {
  if (!('failure' in mine && 'failure' in theirs))
    throw new Error(`Both should fail: ${JSON.stringify([mine, theirs])}`);
  expect(mine.code).toBe(by === 'app' ? 'space_error' : 'invalid_arguments');
  if (by === 'app') expect(mine.failure).toContain(wordsOf(theirs.failure));
}

/** What the app said, without its mark-up and, from Gradio 4, without the quotes around it. */
function wordsOf(failure: string): string {
  return failure.replace(/<[^>]*>/g, '').replace(/^'(.*)'$/, '$1');
}
