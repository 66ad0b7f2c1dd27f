import { expect, it } from 'vitest';
import { parseEntry } from '../../src/sessions/entries.js';
import { makeSessions } from '../../src/world/day/day.js';

const DAY = 86_400_000;
const TO = Date.UTC(2026, 10, 20, 12);
const picture = (prompt: string) => ({ path: `/saved/${prompt}.png`, bytes: 3, mimeType: 'image/png' });
const make = (seed: number, count = 60) => makeSessions({ count, from: TO - DAY, to: TO, gap: 60_000, seed, picture });

it('makes sessions that journals could hold, the same for the same seed', () => {
  const sessions = make(1);
  expect(sessions).toEqual(make(1));
  expect(sessions).not.toEqual(make(2));
  expect(sessions).toHaveLength(60);
  for (const { begin, entries } of sessions) {
    expect(begin.getTime()).toBeGreaterThanOrEqual(TO - DAY);
    expect(begin.getTime()).toBeLessThan(TO);
    expect(entries[0]).toMatchObject({ type: 'SessionStart', time: begin.toISOString() });
    expect(entries.map(({ order }) => order)).toEqual(entries.map((_, at) => at + 1));
    for (const entry of entries) expect(parseEntry(JSON.stringify(entry))).toEqual(JSON.parse(JSON.stringify(entry)));
  }
});

it('answers every call, and tells how every job ended', () => {
  const entries = make(3).flatMap((session) => session.entries.map((entry) => ({ session, entry })));
  const of = (type: string) => entries.filter(({ entry }) => entry.type === type);
  expect(of('FunctionResponse')).toHaveLength(of('FunctionCall').length);
  const started = of('FunctionResponse').filter(({ entry }) => 'job' in entry && entry.job?.state === 'running');
  const ended = of('ToolMessage').filter(({ entry }) => 'kind' in entry && entry.kind === 'job');
  expect(started.length).toBeGreaterThan(0);
  expect(ended).toHaveLength(started.length);
  for (const { session, entry } of ended) {
    const call = session.entries.find(({ id }) => id === entry.parent);
    expect(call).toMatchObject({ type: 'FunctionCall', tool: 'space_call' });
    expect(Date.parse(entry.time)).toBeGreaterThan(Date.parse(call?.time ?? ''));
  }
});

it('has in it what a dashboard shows: failures, pictures, limits, changed lists, and a session that was killed', () => {
  const entries = make(5, 200).map((session) => session.entries);
  const all = JSON.stringify(entries);
  for (const sign of ['"failed":true', 'image/png', '"kind":"limits"', '"kind":"list_changed"', 'HumanMessage']) {
    expect(all).toContain(sign);
  }
  expect(entries.filter((session) => session.at(-1)?.type !== 'SessionEnd').length).toBeGreaterThan(0);
});
