import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addSpaces } from '../../src/commands/spaces/add.js';
import { listSpaces } from '../../src/commands/spaces/list.js';
import { configSchema, type PinnedSpace } from '../../src/config/schema.js';
import { chooseEndpoint } from '../../src/gradio/choose.js';
import type { Endpoint } from '../../src/gradio/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import { withFileLock } from '../../src/lib/files.js';
import type { LockEntry } from '../../src/spaces/lock.js';
import { pinSpace } from '../../src/spaces/pinned.js';
import type { PinStore } from '../../src/spaces/pins.js';
import { runTool } from '../../src/tools/run.js';
import { spacePin } from '../../src/tools/space_pin.js';
import type { Answer, Question, ToolContext, ToolResult } from '../../src/tools/tool.js';
import { openSpacesWorld, type SpacesWorld } from '../commands/spaces/world.js';
import { plainEndpoint } from '../doubles/scripted-space.js';

const SPACE = 'hugwire/demo-space';
const YES: Answer = { action: 'accept', values: { agree: true } };

let world: SpacesWorld;
/** The questions that the user was asked. */
let asked: Question[];
beforeEach(async () => {
  world = await openSpacesWorld();
  asked = [];
});
afterEach(() => world.close());

const answering = (answer: Answer | Error) => async (question: Question) => {
  asked.push(question);
  if (answer instanceof Error) throw answer;
  return answer;
};

async function pin(args: object, answer?: Answer | Error, change: Partial<ToolContext> = {}) {
  const place = world.place();
  const ctx: ToolContext = {
    hub: place.hub,
    spaces: place.spaces,
    config: place.config,
    signal: place.signal,
    progress: () => {},
    pins: async () => place.pins,
    ...(answer ? { ask: answering(answer) } : {}),
    ...change,
  };
  return (await runTool(spacePin, { space: SPACE, endpoint: '/draw', ...args }, ctx)) as ToolResult<{ state: string }>;
}

const pins = () => {
  try {
    return (world.config().spaces?.pinned ?? []).filter(({ space }) => space === SPACE);
  } catch {
    return [];
  }
};

describe('a Space that an assistant wants pinned', () => {
  it('is pinned once the user agrees, who sees what it is and where calls go', async () => {
    const { text, data } = await pin({ tool: 'sketch', reason: 'You draw\u202e a lot.\nReally.' }, YES);
    expect(data).toEqual({ state: 'pinned', tool: 'sketch', space: SPACE, endpoint: '/draw' });
    expect(text).toBe(`Pinned: /draw of ${SPACE} is the tool sketch from now on.`);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.message).toMatch(
      /^Your assistant asks to pin a Space as a permanent tool\.\nTool: sketch\nSpace: hugwire\/demo-space.*\nTitle: hugwire demo\nDescription: .* Runs \/draw of .*\nArguments:\n- prompt: text\n(?:- .*\n)+Calls go to: http:\/\/127\.0\.0\.1:\d+, without your token\nReason it gives: “You draw a lot\. Really\.”$/,
    );
    expect(asked[0]?.fields).toEqual({ agree: { type: 'yes-no', title: 'Pin it as sketch', initial: false } });
    expect(pins()).toEqual([{ space: SPACE, endpoint: '/draw', tool: 'sketch' }]);
    expect(world.lock().entries).toMatchObject([{ space: SPACE, endpoint: '/draw', tool: 'sketch' }]);
  });

  it('waits in the list where there is more to read than a question has room for', async () => {
    const parameters = Array.from({ length: 60 }, (_, at) => ({
      ...plainEndpoint().parameters[0],
      name: `text_${at}`,
      schema: { type: 'string', description: 'What to say about it. '.repeat(8) },
    })) as Endpoint['parameters'];
    const open = world.place().spaces.open;
    const spaces = {
      ...world.place().spaces,
      open: async (...given: Parameters<typeof open>) => ({
        ...(await open(...given)),
        endpoints: [plainEndpoint({ name: '/draw', parameters })],
      }),
    };
    const { data } = await pin({ tool: 'sketch' }, YES, { spaces });
    expect([asked, data.state]).toEqual([[], 'proposed']);
  });

  it.each([
    ['declines', { action: 'decline' }, 'declined'],
    ['does not decide', { action: 'cancel' }, 'dismissed'],
    ['sends the form off without agreeing', { action: 'accept', values: { agree: false } }, 'declined'],
    ['sends an empty form', { action: 'accept', values: {} }, 'declined'],
  ] as [string, Answer, string][])(
    'is not, and nothing is written, when the user %s',
    async (_title, answer, state) => {
      const { data, isError } = await pin({}, answer);
      expect(data.state).toBe(state);
      expect(isError).toBeUndefined();
      expect(pins()).toEqual([]);
      expect(world.lock().entries).toEqual([]);
    },
  );

  it('becomes a proposal that stays off where nobody can be asked', async () => {
    const { text, data } = await pin({ tool: 'sketch' });
    expect(data.state).toBe('proposed');
    expect(text).toContain('`hugwire spaces enable sketch` approves it');
    expect(pins()).toEqual([{ space: SPACE, endpoint: '/draw', tool: 'sketch', enabled: false, proposed: true }]);
    expect(world.place().config.spaces.pinned.at(-1)).toMatchObject({ enabled: false, proposed: true });
    expect((await listSpaces({}, world.place())).text).toContain('sketch');
  });

  it.each(['timeout', 'unavailable'] as const)(
    'becomes a proposal when the question comes to nothing: %s',
    async (code) => {
      const { data } = await pin({}, new HugwireError(code, 'no'));
      expect(data.state).toBe('proposed');
      expect(pins()).toMatchObject([{ enabled: false, proposed: true }]);
    },
  );

  it('is left alone when the call is cancelled while the user is asked', async () => {
    const { text, isError } = await pin({}, new HugwireError('cancelled', 'The call was cancelled.'));
    expect(isError).toBe(true);
    expect(text).toMatch(/^cancelled: /);
    expect(pins()).toEqual([]);
  });

  it('is told to be there already, on, off or waiting, whatever name is wanted now', async () => {
    await pin({ tool: 'sketch' });
    expect(await pin({ tool: 'other' })).toMatchObject({ data: { state: 'waiting', tool: 'sketch' } });
    expect(await pin({ tool: 'other' }, { action: 'decline' })).toMatchObject({ data: { state: 'declined' } });
    expect(await pin({}, YES)).toMatchObject({ data: { state: 'pinned', tool: 'sketch' } });
    asked = [];
    expect(await pin({}, YES)).toMatchObject({
      text: `/draw of ${SPACE} is pinned already: call the tool sketch.`,
      data: { state: 'known' },
    });
    const off = { space: SPACE, endpoint: '/draw', tool: 'sketch', enabled: false };
    writeFileSync(join(world.home, 'config.json'), JSON.stringify({ spaces: { pinned: [off] } }));
    expect(await pin({}, YES)).toMatchObject({ data: { state: 'off' } });
    expect(asked).toEqual([]);
    expect(pins()).toEqual([off]);
  });

  it.each([['hub_search'], ['generate_image'], ['space_pin']])('may not take the name %s', async (tool) => {
    const { text, isError } = await pin({ tool }, YES);
    expect(isError).toBe(true);
    expect(text).toMatch(/^invalid_arguments: A tool named \w+ already exists\.\nNext: \w+ is free\./);
    expect(asked).toEqual([]);
  });

  it('may not have a name that is none, nor an endpoint that is not there', async () => {
    const { text } = await pin({ tool: 'My Tool!' }, YES);
    expect(text).toMatch(/is not a valid name for a tool/);
    expect(text).not.toContain('--tool');
    expect((await pin({ endpoint: '/drow' }, YES)).text).toMatch(/has no endpoint "\/drow"/);
    expect(asked).toEqual([]);
  });

  it('cannot be proposed without end', async () => {
    const waiting = Array.from({ length: 10 }, (_, at) => ({
      space: `a/b${at}`,
      endpoint: '/x',
      tool: `t${at}`,
      enabled: false,
      proposed: true,
    }));
    mkdirSync(world.home, { recursive: true });
    writeFileSync(join(world.home, 'config.json'), JSON.stringify({ spaces: { pinned: waiting } }));
    const { text } = await pin({});
    expect(text).toMatch(/^rate_limited: 10 proposals are already waiting for the user\./);
    expect(pins()).toEqual([]);
    expect((await pin({}, YES)).data.state).toBe('pinned');
  });

  it('says so where the config cannot be written', async () => {
    writeFileSync(join(world.home, 'spaces.lock.json'), 'mine');
    expect((await pin({}, YES)).text).toMatch(/^unavailable: .*is not a hugwire lock file/);
    expect(pins()).toEqual([]);
    expect((await pin({}, YES, { pins: undefined })).text).toMatch(/^disabled: /);
  });
});

describe('a dry run', () => {
  const dry = { config: configSchema.parse({ tools: { dryRun: true } }) };

  it('asks nobody and writes nothing', async () => {
    expect((await pin({ tool: 'sketch' }, YES, dry)).text).toBe(
      `Dry run: nothing was done.\nWould ask the user whether to pin /draw of ${SPACE} as sketch.`,
    );
    expect((await pin({ tool: 'sketch' }, undefined, dry)).text).toContain('Would propose to the user');
    expect((await pin({ tool: 'hub_read' }, YES, dry)).isError).toBe(true);
    expect(asked).toEqual([]);
    expect(pins()).toEqual([]);
  });
});

describe('the store of pins', () => {
  it('lets nothing be proposed anew that the user has decided meanwhile', async () => {
    const place = world.place();
    const app = await place.spaces.open(SPACE);
    const entry = pinSpace(app, chooseEndpoint(app, '/draw'), 'sketch');
    const { pins: store } = place;
    await store.addWanted(entry, 'pinned');
    await expect(store.addWanted(entry, 'proposed')).rejects.toMatchObject({ code: 'invalid_arguments' });
    await expect(store.addWanted({ ...entry, endpoint: '/greet' }, 'pinned')).rejects.toThrow(/is the tool of/);
    expect(pins()).toEqual([{ space: SPACE, endpoint: '/draw', tool: 'sketch' }]);
    expect(store.takenNames(store.read().pinned)).toContain('sketch');
  });

  it('takes two proposals at once', async () => {
    const place = world.place();
    const app = await place.spaces.open(SPACE);
    const { pins: store } = place;
    const names = ['draw', 'greet'];
    await Promise.all(names.map((name) => store.addWanted(pinSpace(app, chooseEndpoint(app, name), name), 'proposed')));
    expect(
      pins()
        .map(({ tool }) => tool)
        .sort(),
    ).toEqual(names);
  });

  it('does not take the place of what the user has pinned meanwhile under another name', async () => {
    const place = world.place();
    const app = await place.spaces.open(SPACE);
    const entry = pinSpace(app, chooseEndpoint(app, '/draw'), 'sketch');
    await addSpaces([`${SPACE}/draw`], { yes: true, tool: 'mine' }, place);
    await expect(place.pins.addWanted(entry, 'proposed')).rejects.toThrow(/has just been pinned/);
    expect(pins()).toEqual([{ space: SPACE, endpoint: '/draw', tool: 'mine' }]);
  });

  it('gets the token as the user has said for the Space', async () => {
    await addSpaces([`${SPACE}/greet`], { yes: true, tool: 'hello', token: 'never' }, world.place());
    await pin({ tool: 'sketch' }, YES);
    expect(pins()).toMatchObject([
      { tool: 'hello', token: 'never' },
      { tool: 'sketch', token: 'never' },
    ]);
  });

  /** The config cannot be written as long as it has a pin that looks like a token. */
  const ODD = { space: 'a/hf_abcdefghijklmnopqrstuvwx', tool: 'odd' };

  it.each<[string, (store: PinStore, sketch: PinnedSpace, other: LockEntry) => Promise<unknown>]>([
    ['removed', (store, sketch) => store.remove([sketch])],
    [
      'replaced',
      (store, sketch, other) =>
        store.add([{ pin: { ...sketch, endpoint: '/greet', tool: other.tool }, entry: other, replaced: sketch }]),
    ],
    [
      'replaced under its own name',
      (store, sketch, other) =>
        store.add([{ pin: { ...sketch, endpoint: '/greet' }, entry: { ...other, tool: 'sketch' }, replaced: sketch }]),
    ],
  ])('keeps the record of a pin that cannot be %s', async (_, change) => {
    const { pins: store, spaces } = world.place();
    await pin({ tool: 'sketch' }, YES);
    const { entries } = world.lock();
    const file = join(world.home, 'config.json');
    const { pinned } = store.read();
    writeFileSync(file, JSON.stringify({ spaces: { pinned: [...pinned, ODD] } }));
    const app = await spaces.open(SPACE);
    const other = pinSpace(app, chooseEndpoint(app, '/greet'), 'hello');
    const sketch = pinned.find(({ tool }) => tool === 'sketch') as PinnedSpace;
    await expect(change(store, sketch, other)).rejects.toThrow(/looks like a token/);
    expect(pins()).toMatchObject([{ tool: 'sketch' }]);
    expect(world.lock().entries).toEqual(entries);
  });

  it('loses nothing that another command writes to the pins meanwhile', async () => {
    await pin({ tool: 'sketch' }, YES);
    await pin({ tool: 'hello', endpoint: '/greet' }, YES);
    const { pins: store } = world.place();
    const file = join(world.home, 'config.json');
    const [image, sketch, hello] = store.read().pinned as [PinnedSpace, PinnedSpace, PinnedSpace];
    let change: Promise<unknown> | undefined;
    await withFileLock(file, async () => {
      change = store.disable([hello]);
      await vi.waitFor(() => expect(existsSync(join(world.home, 'spaces.lock.json.lock'))).toBe(true));
      // By then it has read whatever it reads before it waits for the config.
      await new Promise(setImmediate);
      writeFileSync(file, JSON.stringify({ spaces: { pinned: [image, { ...sketch, enabled: false }, hello] } }));
    });
    await change;
    expect(pins()).toMatchObject([
      { tool: 'sketch', enabled: false },
      { tool: 'hello', enabled: false },
    ]);
  });
});
