import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SavedFileIndex } from '../../../src/sessions/saved-files.js';
import { createSpaces } from '../../../src/spaces/spaces.js';
import { hubRead } from '../../../src/tools/hub_read.js';
import { runTool } from '../../../src/tools/run.js';
import { spaceCall } from '../../../src/tools/space_call.js';
import { pythonAvailable } from '../python.js';
import { VERSIONS } from './requirements.js';
import { CLIP, PICTURE } from './samples.js';
import { runJob, useApp } from './workplace.js';

describe.skipIf(!pythonAvailable()).each(VERSIONS)('answers of Gradio %s', (version) => {
  const world = useApp(version, 'answers');
  const major = Number.parseInt(version, 10);
  const run = (endpoint: string, args: Record<string, unknown> = {}) => runJob(world, { endpoint, arguments: args });
  const read = (path = '') => readFile(path, 'utf8');
  const ask = (endpoint: string, args: Record<string, unknown> = {}) =>
    runTool(spaceCall, { space: world.app.url, endpoint, arguments: args }, world.workplace.context());

  it('links are shown, and told to be links', async () => {
    const { text } = await ask('/linked_pictures');
    expect(text).toContain('"https://hugwire.invalid/picture.png?size=2"');
    expect(text).toMatch(/\n2 files of the answer are links to elsewhere\. .*$/);
  });

  it('a drawing is saved', async () => {
    const { outcome } = await run('/drawing');
    expect(outcome?.files).toMatchObject([{ mimeType: 'image/svg+xml', path: expect.stringMatching(/\.svg$/) }]);
    expect(await read(outcome?.files[0]?.path)).toMatch(/^<svg .*<\/svg>$/);
  });

  it.each(['/sound', '/sound_in_pieces'])('%s is saved itself, not the list of its pieces', async (endpoint) => {
    const { outcome, error } = await run(endpoint);
    expect(error).toBeUndefined();
    const [file] = outcome?.files ?? [];
    const sound = await read(file?.path);
    if (major === 4) expect([sound.slice(0, 4), (file?.bytes ?? 0) > 48_000]).toEqual(['RIFF', true]);
    else expect(sound).toBe('ID3\x04piece 0 ID3\x04piece 1 ID3\x04piece 2 ');
  });

  it.each(['/page', '/words'])('pictures within %s are saved, shown, and named in the text', async (endpoint) => {
    const { text, images } = await ask(endpoint);
    expect(text).not.toContain('base64');
    expect(images).toHaveLength(endpoint === '/page' ? 2 : 1);
    const [, path] = /(?:src="|\()([^"()]+\.png)/.exec(text) ?? [];
    expect(text).toContain(`File 1: ${path} (image/png`);
    expect((await readFile(path ?? '')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('a picture that is cut off is saved, but not shown', async () => {
    const { text, images } = await ask('/cut_off');
    expect([images, text]).toEqual([[], expect.stringContaining(', cut off or damaged)')]);
  });

  it('a chat reads as role: text, with files as paths', async () => {
    const { text } = await ask('/chat', { message: 'Hello' });
    const thinking = major === 4 ? '' : ' (Thinking)';
    expect(text).toContain(
      `\nuser: Hello\nassistant${thinking}: You said: Hello\nassistant: ${world.workplace.folder}`,
    );
    expect(text).not.toContain('"role"');
  });

  it('a film in either form is taken', async () => {
    const path = join(world.workplace.folder, CLIP.name);
    for (const value of [path, { video: path, subtitles: null }, { video: path }]) {
      const { outcome, error } = await run('/clip', { video: value });
      expect(error).toBeUndefined();
      expect(await readFile(outcome?.files[0]?.path ?? '')).toEqual(await readFile(path));
    }
  });

  it.skipIf(major === 4)('a live stream ends at its first answer', async () => {
    const picture = join(world.workplace.folder, PICTURE.name);
    for (const [endpoint, args] of [
      ['/flip', { image: picture }],
      // Its turn comes once the app has ended the first one.
      ['/flip', { image: picture }],
      ['/count', { sound: null }],
    ] as const) {
      const { outcome, error } = await run(endpoint, args);
      expect(error).toBeUndefined();
      expect(outcome?.seconds).toBeLessThan(15);
      expect(outcome?.data).toHaveLength(1);
    }
  });

  it('a long text is read on where the answer ended, also by another server', async () => {
    const { workplace, app } = world;
    const savedFiles = async () => new SavedFileIndex(join(workplace.folder, 'saved-files.jsonl'));
    const { config, hub } = workplace.context();
    const spaces = createSpaces({ hub: () => hub, net: fetch, config: () => config, savedFiles, typed: true });
    const context = workplace.context({ spaces, savedFiles });
    const call = { space: app.url, endpoint: '/transcript', arguments: { characters: 30_000 } };
    const first = await runTool(spaceCall, call, context);
    await spaces.close();
    const whole = await read(/Whole: (\S+)/.exec(first.text)?.[1]);
    const parts = [body(first.text)];
    let text = first.text;
    for (let calls = 0; calls < 9; calls += 1) {
      const [, uris, offset] = /hub_read uris=(\[.+\]) offset=(\d+)$/m.exec(text) ?? [];
      if (!uris) break;
      ({ text } = await runTool(hubRead, { uris: JSON.parse(uris), offset: Number(offset) }, context));
      parts.push(body(text));
    }
    expect(parts.join('').replaceAll('\n', '')).toBe(whole.replaceAll('\n', ''));
    expect(whole).toHaveLength(30_000);
  });

  it('a hundred calls at once are all answered, in turn', async () => {
    const jobs = Array.from({ length: 100 }, (_, at) => {
      const args = { text: `call ${at}` };
      return world.workplace.spaces.start({ space: world.app.url, endpoint: '/quick', arguments: args });
    });
    expect(jobs.at(-1)?.status).toBe('Waiting for a free slot, 83 ahead');
    await Promise.all(jobs.map((job) => job.wait(100)));
    expect(jobs.map(({ outcome }) => outcome?.data)).toEqual(jobs.map((_, at) => [`call ${at}`]));
  });
});

/** What stands between the fences. */
function body(text: string): string {
  return /^--- .*\n([\s\S]*)\n--- end/m.exec(text)?.[1]?.replace(/…$/, '') ?? '';
}
