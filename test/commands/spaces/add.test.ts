import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AddOptions, addSpaces } from '../../../src/commands/spaces/add.js';
import { hashEntry } from '../../../src/spaces/lock.js';
import { previewPin } from '../../../src/tools/pinned.js';
import { openSpacesWorld, type SpacesWorld } from './world.js';

const SPACE = 'hugwire/demo-space';

let world: SpacesWorld;
beforeEach(async () => {
  world = await openSpacesWorld();
});
afterEach(() => world.close());

const add = (words: string[], options: AddOptions = {}, change: Parameters<SpacesWorld['place']>[0] = {}) =>
  addSpaces(words, options, world.place(change));
const tools = () => world.config().spaces?.pinned?.map(({ tool }) => tool);

describe('hugwire spaces add', () => {
  it('writes what is wanted to the config and what was approved to the lock file, beside what ships', async () => {
    const { text, exitCode } = await add([`${SPACE}/draw`], { yes: true, tool: 'draw' });
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^✓ draw {2}\/draw of hugwire\/demo-space\n/);
    expect(text).toContain('hugwire call draw prompt=');
    expect(world.config().spaces?.pinned).toEqual([
      { space: 'black-forest-labs/FLUX.1-schnell', endpoint: '/infer', tool: 'generate_image' },
      { space: SPACE, endpoint: '/draw', tool: 'draw' },
    ]);
    const [entry] = world.lock().entries;
    expect(entry).toMatchObject({ space: SPACE, endpoint: '/draw', tool: 'draw', hash: entry && hashEntry(entry) });
  });

  it('shows the Space and the exact tool before it asks', async () => {
    const place = world.place({ answers: ['demo_draw', true] });
    await addSpaces([`${SPACE}/draw`], {}, place);
    expect(place.asked).toEqual(['Name of the tool', 'Give this tool to your assistants?']);
    const told = place.told.join('\n');
    expect(told).toMatch(
      /hugwire\/demo-space {2}“.*”\n {2}“Draws, writes and counts.*\n {2}running, on cpu-basic, Gradio/,
    );
    expect(told).toMatch(/Your token is not sent to it\./);
    const [entry] = world.lock().entries;
    expect(told).toContain(entry?.description);
    expect(told).toMatch(/prompt {2}text\n.*seed\? {3}integer 0–2147483647 = 0\n/);
    expect(told).toMatch(/≈ \d+ tokens in every conversation/);
  });

  it('tells what each tool costs a conversation', async () => {
    const place = world.place();
    await addSpaces([SPACE], { yes: true, all: true }, place);
    const told = [...place.told.join('\n').matchAll(/≈ (\d+) tokens/g)].map(([, count]) => Number(count));
    const exact = world.lock().entries.map((entry) => {
      const { name, description, inputSchema } = previewPin(entry).listing;
      return countTokens(JSON.stringify({ name, description, inputSchema }));
    });
    expect(told).toHaveLength(exact.length);
    const sum = (numbers: number[]) => numbers.reduce((one, other) => one + other, 0);
    expect(Math.abs(sum(told) / sum(exact) - 1)).toBeLessThan(0.15);
  });

  it('changes nothing when the user does not agree', async () => {
    await expect(add([`${SPACE}/draw`], {}, { answers: ['x', false] })).rejects.toMatchObject({ code: 'cancelled' });
    expect(() => world.config()).toThrow(/ENOENT/);
    expect(world.lock().entries).toEqual([]);
  });

  it('pins nothing where nobody can be asked, and gives the command that does', async () => {
    await expect(add([`${SPACE}/draw`])).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: `hugwire spaces add ${SPACE}/draw --yes`,
    });
    await expect(add([SPACE])).rejects.toMatchObject({ hint: `hugwire spaces add ${SPACE}/draw --yes` });
    const wishes: AddOptions = { tool: 'sketch', token: 'never' };
    for (const word of [`${SPACE}/draw`, SPACE]) {
      await expect(add([word], wishes)).rejects.toMatchObject({
        hint: `hugwire spaces add ${SPACE}/draw --tool sketch --token never --yes`,
      });
    }
    expect(world.lock().entries).toEqual([]);
  });

  it('lets the user choose several endpoints', async () => {
    await add([SPACE], {}, { answers: [['/greet', '/count'], true] });
    expect(tools()).toEqual(['generate_image', 'demo_space_greet', 'demo_space_count']);
  });

  it('takes endpoints by name, or all of them', async () => {
    await add([SPACE], { endpoint: ['greet', '/count'], yes: true });
    expect(tools()).toEqual(['generate_image', 'demo_space_greet', 'demo_space_count']);
    await add([SPACE], { all: true, yes: true });
    expect(tools()).toHaveLength(9);
    expect(new Set(tools()).size).toBe(9);
    expect(world.lock().entries).toHaveLength(8);
  });

  it('searches for what is no Space: a choice at a terminal, a list and exit code 2 elsewhere', async () => {
    const { text, note, exitCode } = await add(['draw', 'a', 'landscape']);
    expect([exitCode, note]).toEqual([2, expect.stringContaining('hugwire spaces add ')]);
    expect(text).toContain(SPACE);
    await add(['draw', 'a', 'landscape'], {}, { answers: [SPACE, ['/draw'], 'landscape', true] });
    expect(tools()).toContain('landscape');
  });

  it('does not offer a static page, of which nothing can be called', async () => {
    const page = 'Xenova/whisper-webgpu';
    const words = ['speech recognition in the browser without a server'];
    expect((await add(words)).text).toContain(page);
    await expect(add(words, {}, { answers: [page] })).rejects.toThrow(`There is no choice "${page}".`);
  });

  it('does not promise an app on this machine a token that it never gets', async () => {
    const wish = add([`${world.space.url}/draw`], { yes: true, token: 'always' });
    await expect(wish).rejects.toMatchObject({ code: 'invalid_arguments', hint: 'Leave --token out.' });
    expect(existsSync(join(world.home, 'config.json'))).toBe(false);
  });

  it('pins an app on this machine', async () => {
    await add([`${world.space.url}/draw`], { yes: true, tool: 'mine' });
    expect(world.config().spaces?.pinned?.at(-1)).toEqual({ space: world.space.url, endpoint: '/draw', tool: 'mine' });
  });

  it.each([
    ['hub_search', /tool of hugwire itself/],
    ['generate_image', /is the tool of black-forest-labs/],
    ['Bad Name', /is not a valid name for a tool/],
  ])('refuses the name %s', async (tool, words) => {
    await expect(add([`${SPACE}/draw`], { tool, yes: true })).rejects.toThrow(words);
    expect(world.lock().entries).toEqual([]);
  });

  it('refuses one name for several tools, and names for several Spaces', async () => {
    await expect(add([SPACE], { all: true, tool: 'x', yes: true })).rejects.toThrow(/--tool names one tool/);
    await expect(add([SPACE, world.space.url], { tool: 'x', yes: true })).rejects.toThrow(/one Space at a time/);
  });

  it('names what is there when the endpoint is not', async () => {
    await expect(add([`${SPACE}/drew`], { yes: true })).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: expect.stringContaining('Did you mean /draw?'),
    });
  });

  it('approves an endpoint anew under its name, or gives it another one', async () => {
    await add([`${SPACE}/draw`], { yes: true, tool: 'draw' });
    await add([`${SPACE}/draw`], { yes: true });
    expect(tools()).toEqual(['generate_image', 'draw']);
    await add([`${SPACE}/draw`], { yes: true, tool: 'paint' });
    expect(tools()).toEqual(['generate_image', 'paint']);
    expect(world.lock().entries.map(({ tool }) => tool)).toEqual(['paint']);
  });

  it('says of the token the same for every tool of a Space', async () => {
    await add([`${SPACE}/draw`], { yes: true, token: 'never' });
    const place = world.place();
    await addSpaces([`${SPACE}/greet`], { yes: true }, place);
    expect(place.told.join('\n')).toContain('Your token is not sent, as you chose.');
    const modes = () =>
      world
        .config()
        .spaces?.pinned?.slice(1)
        .map(({ token }) => token);
    expect(modes()).toEqual(['never', 'never']);
    await add([`${SPACE}/count`], { yes: true, token: 'always' });
    expect(modes()).toEqual(['always', 'always', 'always']);
  });

  it('loses nothing when several are added at once', async () => {
    const names = ['draw', 'greet', 'slow', 'count', 'fail'];
    await Promise.all(names.map((name) => add([`${SPACE}/${name}`], { yes: true, tool: `demo_${name}` })));
    expect(tools()?.sort()).toEqual([...names.map((name) => `demo_${name}`), 'generate_image'].sort());
    expect(world.lock().entries).toHaveLength(5);
  });

  it('refuses a name that another process has taken meanwhile, and leaves that one alone', async () => {
    const slow = world.place({ answers: [true] });
    const prompts = slow.prompts;
    const place = {
      ...slow,
      prompts: {
        ...(prompts as NonNullable<typeof prompts>),
        confirm: async () => {
          await add([`${SPACE}/greet`], { yes: true, tool: 'mine' });
          return true;
        },
      },
    };
    await expect(addSpaces([`${SPACE}/draw`], { tool: 'mine' }, place)).rejects.toThrow(/mine is the tool of/);
    expect(world.lock().entries.map(({ endpoint }) => endpoint)).toEqual(['/greet']);
  });

  it('says why a Space cannot be pinned, and writes nothing', async () => {
    await expect(add(['maya/trail-guide'], { yes: true })).rejects.toMatchObject({ code: 'space_broken' });
    await expect(add(['nobody/nothing'], { yes: true })).rejects.toMatchObject({ code: 'not_visible' });
    world.hub.addFault({ path: /api\/spaces/, response: { status: 429, headers: { 'retry-after': '20' } } });
    await expect(add([SPACE], { yes: true })).rejects.toMatchObject({ code: 'rate_limited' });
    expect(() => world.config()).toThrow(/ENOENT/);
  });
});
