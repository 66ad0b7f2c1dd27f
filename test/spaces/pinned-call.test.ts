import { describe, expect, it } from 'vitest';
import { prepareArguments } from '../../src/gradio/arguments.js';
import type { EndpointParameter } from '../../src/gradio/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import { checkArguments, explainChange, fitToLive, pinSpace } from '../../src/spaces/pinned.js';
import type { SpaceApp } from '../../src/spaces/types.js';
import { endpointOf, recordedApp } from '../gradio/recorded.js';

const app = recordedApp('6.25.0', 'endpoints');
const generate = endpointOf(app, '/generate');
const entry = pinSpace(app, generate, 'draw', new Date(0));

/** The app with the parameters of /generate changed. */
function changed(change: (parameters: EndpointParameter[]) => EndpointParameter[]): SpaceApp {
  const endpoints = app.endpoints.map((one) =>
    one === generate ? { ...one, parameters: change(one.parameters) } : one,
  );
  return { ...app, endpoints };
}

const caught = (work: Promise<unknown>): Promise<HugwireError> =>
  work.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error) => error,
  );

describe('checkArguments', () => {
  it('bends names and values towards the record', async () => {
    expect(await checkArguments(entry, { Prompt: 'x', SEED: '7' })).toEqual({ prompt: 'x', seed: 7 });
  });

  it.each([
    ['what is missing', {}, '"prompt"'],
    ['a near miss of what is missing', { promt: 'x' }, '"prompt"'],
    ['null for text', { prompt: null }, '"prompt"'],
    ['a number out of bounds', { prompt: 'x', seed: -1 }, '"seed"'],
  ])('names %s', async (_, given, name) => {
    const error = await caught(checkArguments(entry, given));
    expect(error.code).toBe('invalid_arguments');
    expect(error.message).toContain(name);
  });

  it('keeps names that the endpoint may know by now, and null for what may be left out', async () => {
    const given = { prompt: 'x', seed: null, negative_prompt: 'y' };
    expect(await checkArguments(entry, given)).toEqual(given);
    expect(await checkArguments(entry, { 'What to draw': 'x' })).toEqual({ 'What to draw': 'x' });
  });
});

describe('fitToLive', () => {
  it('leaves a call alone where nothing has changed', async () => {
    expect(await fitToLive(entry, { prompt: 'x' }, app)).toEqual({ arguments: { prompt: 'x' }, notes: [] });
  });

  it('drops what is gone, and says so', async () => {
    const live = changed((all) => all.filter(({ name }) => name !== 'seed'));
    expect(await fitToLive(entry, { prompt: 'x', seed: 1 }, live)).toEqual({
      arguments: { prompt: 'x' },
      notes: [
        expect.stringContaining('since it was pinned: "seed" is gone.'),
        'Not sent: "seed".',
        expect.stringContaining('`hugwire spaces refresh draw`'),
      ],
    });
  });

  it('sends the default that was approved, as long as it is allowed', async () => {
    const before = generate.parameters.find(({ name }) => name === 'seed')?.default;
    expect(before).toEqual(expect.any(Number));
    const other = (schema: object) =>
      changed((all) =>
        all.map((one) => (one.name === 'seed' ? { ...one, default: 99, schema: { ...one.schema, ...schema } } : one)),
      );
    // Chance stays on beside a seed that nobody named.
    expect((await fitToLive(entry, { prompt: 'x' }, other({}))).arguments).toEqual({
      prompt: 'x',
      seed: before,
      randomize_seed: true,
    });
    expect((await fitToLive(entry, { prompt: 'x', seed: 5 }, other({}))).arguments).toEqual({
      prompt: 'x',
      seed: 5,
      randomize_seed: false,
    });
    const narrow = other({ minimum: 90, maximum: 99 });
    expect((await fitToLive(entry, { prompt: 'x' }, narrow)).arguments).toEqual({ prompt: 'x' });
  });

  /** The app with another /generate, whose style is changed. */
  const styled = (change: Partial<EndpointParameter>) =>
    changed((all) => all.map((one) => (one.name === 'style' ? { ...one, ...change } : one)));

  it('leaves choices to the app, which may have others by now, or change them while it runs', async () => {
    const given = await checkArguments(entry, { prompt: 'x', style: 'neon' });
    expect(given).toEqual({ prompt: 'x', style: 'neon' });
    const wider = styled({ schema: { type: 'string', enum: ['oil', 'ink', 'neon'] } });
    expect((await fitToLive(entry, given, wider)).arguments).toEqual(given);
    const open = styled({ changes: true });
    expect(await fitToLive(entry, given, open)).toEqual({ arguments: given, notes: [] });
    expect((await prepareArguments(endpointOf(open, '/generate'), given)).data).toContain('neon');
    await expect(prepareArguments(generate, given)).rejects.toThrow('"style" must be one of "oil", "ink", not "neon"');
  });

  it('sends no other text where choices were approved and the app takes any text now', async () => {
    const text = styled({ component: 'textbox', schema: { type: 'string' } });
    await expect(fitToLive(entry, { prompt: 'x', style: 'my notes' }, text)).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: '"style" must be one of "oil", "ink", not "my notes".',
    });
    const label = generate.parameters.find(({ name }) => name === 'style')?.label ?? '';
    await expect(fitToLive(entry, { prompt: 'x', [`${label}:`]: 'my notes' }, text)).rejects.toThrow('"style" must be');
    expect((await fitToLive(entry, { prompt: 'x', style: 'ink' }, text)).arguments).toMatchObject({ style: 'ink' });
  });

  it('tells of an endpoint that is gone, or that came back under a name that reads the same', async () => {
    const endpoints = app.endpoints.map((one) => (one === generate ? { ...one, name: '/Generate' } : one));
    const error = await caught(fitToLive(entry, { prompt: 'x' }, { ...app, endpoints }));
    expect(error.code).toBe('not_found');
    expect(error.message).toMatch(
      /has changed since it was pinned: \/generate is gone; the Space now has .*\/Generate/,
    );
  });
});

describe('explainChange', () => {
  it('adds what has changed to the hint of an argument error, and to no other', async () => {
    const live = changed((all) => all.map((one) => ({ ...one, required: true })));
    const { notes } = await fitToLive(entry, { prompt: 'x', seed: 1 }, live);
    const refused = await caught(prepareArguments(endpointOf(live, '/generate'), { prompt: 'x' }));
    const told = explainChange(refused, notes);
    expect(told).toMatchObject({ code: 'invalid_arguments', message: refused.message });
    expect((told as HugwireError).hint).toMatch(/It takes: .* has changed since it was pinned: .*must now be given/);
    const other = new HugwireError('offline', 'No network.');
    expect(explainChange(other, notes)).toBe(other);
    expect(explainChange(refused, [])).toBe(refused);
  });
});
