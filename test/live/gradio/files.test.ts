import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../../src/tools/run.js';
import { spaceCall } from '../../../src/tools/space_call.js';
import { pythonAvailable } from '../python.js';
import { VERSIONS } from './requirements.js';
import { CLIP, MESH, PICTURE, type Sample, SOUND, TABLE, TEXT } from './samples.js';
import { openWorkplace, runJob, useApp, type Workplace } from './workplace.js';

describe.skipIf(!pythonAvailable()).each(VERSIONS)('files on Gradio %s', (version) => {
  const world = useApp(version, 'kitchen_sink');
  const inOldForm = !version.startsWith('6.');
  const sent: string[] = [];
  let watched: Workplace;

  beforeAll(async () => {
    const watch: typeof fetch = async (input, init) => {
      sent.push(String(input), await describeBody(init?.body));
      return fetch(input, init);
    };
    watched = await openWorkplace(watch, [world.app.url]);
  });

  afterAll(() => watched?.close());

  const call = (endpoint: string, args: Record<string, unknown>) =>
    runJob({ app: world.app, workplace: watched }, { endpoint, arguments: args });

  const pathOf = ({ name }: Sample) => join(watched.folder, name);

  it.each([PICTURE, SOUND, CLIP, TEXT, TABLE, MESH])('$name goes up and comes back', async (sample) => {
    const { outcome } = await call('/file', { value: pathOf(sample) });
    expect(outcome?.notes).toEqual([]);
    const [file] = outcome?.files ?? [];
    expect(await readFile(file?.path ?? '')).toEqual(await readFile(pathOf(sample)));
    expect(dirname(file?.path ?? '')).toBe(watched.config.files.saveTo);
    expect(outcome?.sent).toEqual([pathOf(sample)]);
    // Gradio itself drops `#` from names up to version 5.
    const orig_name = inOldForm ? sample.name.replace('#', '') : sample.name;
    expect(outcome?.data).toMatchObject([{ orig_name }]);
  });

  it('bytes and blocks as chats pass them on arrive as the files that they hold', async () => {
    const data = (await readFile(pathOf(PICTURE))).toString('base64');
    for (const value of [
      data,
      data.replace(/(.{76})/g, '$1\n'),
      `data:image/png;base64,${data}`,
      { type: 'image', data, mimeType: 'image/png' },
      [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }],
      { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
      JSON.stringify({ type: 'resource', resource: { uri: 'chat://1', mimeType: 'image/png', blob: data } }),
    ]) {
      for (const endpoint of ['/file', '/image']) {
        const { outcome, error } = await call(endpoint, { value });
        expect(error, JSON.stringify(value).slice(0, 80)).toBeUndefined();
        expect(outcome?.files).toHaveLength(1);
      }
    }
  });

  it('no request tells where on this machine a file lies', async () => {
    sent.length = 0;
    await call('/files', { value: [pathOf(TEXT), pathOf(TABLE)] });
    await call('/multimodal', { value: { text: 'look', files: [pathOf(PICTURE)] } });
    expect(sent.join('\n')).toContain(TABLE.name);
    expect(sent.join('\n')).not.toContain(basename(watched.folder));
  });

  it.each([
    ['an image', '/image', PICTURE, 'image/webp'],
    ['a sound', '/audio', SOUND, 'audio/wav'],
    ['a mesh', '/model3d', MESH, 'model/obj'],
    ['a video', '/video', CLIP, 'video/mp4'],
  ])('%s is known by what it is', async (_, endpoint, sample, mimeType) => {
    const { outcome } = await call(endpoint, { value: pathOf(sample) });
    const [file] = outcome?.files ?? [];
    // A picture that is passed through as a file keeps its format.
    expect(file?.mimeType).toBe(sample === PICTURE ? 'image/png' : mimeType);
  });

  it.each([
    ['/picture', { size: 16 }, ['image/webp']],
    ['/pictures', { count: 3 }, ['image/webp', 'image/webp', 'image/webp']],
    ['/several_files', {}, ['text/csv', 'text/csv']],
    ['/sound', { seconds: 0.1 }, ['audio/wav']],
    ['/regions', { size: 16 }, ['image/png', 'image/png', 'image/png']],
  ])('%s gives all of its files', async (endpoint, args, types) => {
    const { outcome } = await call(endpoint, args);
    expect(outcome?.files.map(({ mimeType }) => mimeType)).toEqual(types);
    expect(new Set(outcome?.files.map(({ path }) => path)).size).toBe(types.length);
  });

  it('an empty file goes up', async () => {
    const path = join(watched.folder, 'empty.txt');
    await writeFile(path, '');
    const { outcome } = await call('/file', { value: path });
    expect(outcome?.files).toMatchObject([{ bytes: 0 }]);
  });

  it('a data: URL goes up as a file', async () => {
    const { outcome } = await call('/file', { value: 'data:text/plain;base64,aGVsbG8=' });
    expect(await readFile(outcome?.files[0]?.path ?? '', 'utf8')).toBe('hello');
  });

  it('a file above the limit of the app is refused here', async () => {
    const path = join(watched.folder, 'large.bin');
    await writeFile(path, Buffer.alloc(1_200_000));
    sent.length = 0;
    const { error } = await call('/file', { value: path });
    expect(error?.code).toBe('too_large');
    expect(sent.filter((text) => text.includes('/upload'))).toEqual([]);
  });

  it('a file outside of the folders that may be read stays here', async () => {
    sent.length = 0;
    const { error } = await call('/file', { value: join(tmpdir(), 'elsewhere.txt') });
    expect(error?.code).toBe('blocked');
    expect(sent.filter((text) => /\/upload|\/queue/.test(text))).toEqual([]);
  });

  it('a file of a type that the app does not take stays here', async () => {
    sent.length = 0;
    const { error } = await call('/file_typed', { value: pathOf(PICTURE) });
    // Gradio 4 takes every type, whatever the author says.
    if (version.startsWith('4')) return expect(error).toBeUndefined();
    expect(error).toMatchObject({ code: 'invalid_arguments', message: expect.stringContaining('.txt or .csv files') });
    expect(sent.filter((text) => /\/upload|\/queue/.test(text))).toEqual([]);
  });

  it('a picture is shown, and saved', async () => {
    const args = { space: world.app.url, endpoint: '/picture', arguments: { size: 64 } };
    const { text, images } = await runTool(spaceCall, args, watched.context());
    expect(images).toMatchObject([{ mimeType: 'image/webp' }]);
    expect(text).toContain(watched.config.files.saveTo);
  });

  it('a plot is shown as the picture that it is', async () => {
    const args = { space: world.app.url, endpoint: '/plot', arguments: { points: 5 } };
    const { text, images } = await runTool(spaceCall, args, watched.context());
    expect(images).toMatchObject([{ mimeType: expect.stringMatching(/^image\/(webp|png)$/) }]);
    expect(text).not.toContain('base64');
  });

  it('a long text is saved rather than told', async () => {
    const args = { space: world.app.url, endpoint: '/long_text', arguments: { characters: 200_000 } };
    const { text } = await runTool(spaceCall, args, watched.context());
    expect(text.length).toBeLessThan(10_000);
    const [path = ''] = text.match(/\/\S+\/saved\/\S+?\.txt/) ?? [];
    expect((await readFile(path)).length).toBe(200_000);
  });
});

/** A request's body as far as it can be read as text. */
async function describeBody(body: RequestInit['body']): Promise<string> {
  if (!(body instanceof FormData)) return String(body ?? '');
  return [...body.values()].map((part) => (typeof part === 'string' ? part : part.name)).join('\n');
}
