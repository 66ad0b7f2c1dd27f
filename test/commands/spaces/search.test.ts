import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { showSpace } from '../../../src/commands/spaces/info.js';
import { searchCommand } from '../../../src/commands/spaces/search.js';
import { formatResult } from '../../../src/commands/terminal.js';
import { openSpacesWorld, type SpacesWorld } from './world.js';

const SPACE = 'hugwire/demo-space';

let world: SpacesWorld;
beforeEach(async () => {
  world = await openSpacesWorld();
});
afterEach(() => world.close());

describe('hugwire spaces search', () => {
  it('tells what each does, its likes, stage and hardware, and the command that pins one', async () => {
    const { text, exitCode } = await searchCommand(['draw', 'a', 'landscape'], { limit: 3 }, world.place());
    expect(exitCode).toBe(0);
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/^SPACE +WHAT IT DOES +LIKES +STAGE +HARDWARE$/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^hugwire\/demo-space +Draws, writes.* 41 +running +cpu-basic$/),
    );
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toMatch(/^Pin one: hugwire spaces add \S+\/\S+$/);
  });

  it('marks what is not a Gradio app, and does not offer to pin it', async () => {
    const { text } = await searchCommand(['speech recognition in the browser without a server'], {}, world.place());
    expect(text).toMatch(/Xenova\/whisper-webgpu .*\(static\)/);
    expect(text).not.toMatch(/spaces add Xenova/);
  });

  it('fits a narrow terminal', async () => {
    const { text } = await searchCommand(['draw'], {}, world.place({ width: 80 }));
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('prints its rows as JSON', async () => {
    const result = await searchCommand(['draw a landscape'], { limit: 2 }, world.place());
    expect(JSON.parse(formatResult(result, { json: true })).spaces).toHaveLength(2);
  });

  it('ends with 1 when nothing is found', async () => {
    world.hub.addFault({ path: /semantic-search/, response: { body: [] } });
    expect(await searchCommand(['x'], {}, world.place())).toMatchObject({
      exitCode: 1,
      text: expect.stringContaining('No Space was found. Try other words.'),
    });
  });

  it('strips what is invisible from what others wrote', async () => {
    const row = { id: 'a/b', shortDescription: 'good\u202e\u001b[31m evil', likes: 1, sdk: 'gradio' };
    world.hub.addFault({ path: /semantic-search/, response: { body: [row] } });
    expect((await searchCommand(['x'], {}, world.place())).text).toContain('good evil');
  });
});

describe('hugwire spaces info', () => {
  it('tells what the Space is and all that it offers', async () => {
    const { text } = await showSpace(SPACE, {}, world.place());
    expect(text).toMatch(/^hugwire\/demo-space {2}“/);
    expect(text).toMatch(/8 endpoints, the most likely first:\n {2}\/draw\(prompt: text/);
    expect(text).toMatch(/Pin it: hugwire spaces add hugwire\/demo-space$/);
  });

  it('shows the whole schema of one endpoint', async () => {
    const { text } = await showSpace(`${SPACE}/draw`, {}, world.place());
    expect(text).toMatch(/JSON Schema of its arguments:\n {2}\{\n {4}"type": "object"/);
    const { endpoints } = JSON.parse(formatResult(await showSpace(`${SPACE}/draw`, {}, world.place()), { json: true }));
    expect(endpoints).toMatchObject([
      { name: '/draw', schema: { required: ['prompt'] }, example: { prompt: expect.any(String) } },
    ]);
  });

  it('points to the search for what names no Space', async () => {
    await expect(showSpace('whisper', {}, world.place())).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: 'hugwire spaces search whisper',
    });
  });
});
