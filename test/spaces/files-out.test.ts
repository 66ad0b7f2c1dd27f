import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { findFiles, type SaveOptions, saveOutputs } from '../../src/spaces/files-out.js';
import { saveLongValues } from '../../src/spaces/shown-values.js';
import { endpointOf, recordedApp, SITE } from '../gradio/recorded.js';

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  return { ...real, statfs: vi.fn(real.statfs) };
});

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const ROUTE = `${SITE.base}/gradio_api/file=`;
const app = recordedApp('6.25.0', 'endpoints');
const fileData = (path: string, more: Record<string, unknown> = {}) => ({
  path,
  url: ROUTE + path,
  orig_name: path.split('/').at(-1),
  mime_type: null,
  meta: { _type: 'gradio.FileData' },
  ...more,
});

let saveTo: string;

beforeEach(async () => {
  saveTo = join(await mkdtemp(join(tmpdir(), 'hugwire-out-')), 'deep', 'er');
});
afterEach(async () => {
  vi.mocked(statfs).mockReset();
  await rm(join(saveTo, '..', '..'), { recursive: true, force: true });
});

type Answers = Record<string, () => Response | Promise<Response>>;

/** Saves from a Space whose addresses answer as told; what is not told is missing. */
async function save(data: unknown[], answers: Answers, options: Partial<SaveOptions> = {}) {
  const asked: string[] = [];
  const net: typeof fetch = async (input) => {
    asked.push(String(input));
    return answers[String(input)]?.() ?? new Response('', { status: 404 });
  };
  const endpoint = endpointOf(app, '/generate');
  const outputs = await saveOutputs(data, { app, endpoint, net, saveTo, maxBytes: 10_000_000, ...options });
  const names = outputs.files.map(({ path }) => path.slice(saveTo.length + 1));
  return { ...outputs, names, asked };
}

const picture = () => new Response(PNG);

describe('findFiles', () => {
  it('finds file objects at any depth, and where they stand', () => {
    const data = [
      'text',
      fileData('/a'),
      [{ image: fileData('/b'), caption: 'x' }, { video: fileData('/c') }],
      { text: '', files: [fileData('/d')] },
      { path: '/no-file' },
      null,
      { path: '/e', url: null, orig_name: 'e', meta: { _type: 'gradio.FileData' } },
      { path: '/f', url: 'https://x', orig_name: null },
    ];
    expect(findFiles(data).map(({ at, file }) => [at.join('.'), file.path])).toEqual([
      ['1', '/a'],
      ['2.0.image', '/b'],
      ['2.1.video', '/c'],
      ['3.files.0', '/d'],
      ['6', '/e'],
      ['7', '/f'],
    ]);
  });

  it('does not follow data without end', () => {
    let deep: unknown = fileData('/a');
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(findFiles([deep])).toEqual([]);
  });
});

describe('saveOutputs', () => {
  it('saves what the Space made under a telling name, and says where it stood', async () => {
    const { files, notes, asked } = await save(
      [fileData('/tmp/gradio/x/image.webp'), 42],
      { [`${ROUTE}/tmp/gradio/x/image.webp`]: picture },
      { prompt: 'A cat, in a hat!' },
    );
    expect(notes).toEqual([]);
    expect(files).toEqual([
      { path: join(saveTo, 'name_a-cat-in-a-hat_1.png'), bytes: PNG.length, mimeType: 'image/png', at: [0] },
    ]);
    expect(await readFile(files[0]?.path ?? '')).toEqual(PNG);
    expect(await readdir(saveTo)).toEqual(['name_a-cat-in-a-hat_1.png']);
    expect(asked).toHaveLength(1);
  });

  it('encodes each part of the path, and needs no prompt', async () => {
    const { names } = await save([fileData('/tmp/a b#?/ü%.txt')], {
      [`${ROUTE}/tmp/a%20b%23%3F/%C3%BC%25.txt`]: () => new Response('hello'),
    });
    expect(names).toEqual(['name_generate_1.txt']);
  });

  it('saves several, with a number each, and tells how far it is', async () => {
    const steps: string[] = [];
    const { names, files } = await save(
      [[{ image: fileData('/a.png') }, { image: fileData('/b.png') }]],
      {
        [`${ROUTE}/a.png`]: picture,
        [`${ROUTE}/b.png`]: picture,
      },
      { onProgress: (done, total) => steps.push(`${done}/${total}`) },
    );
    expect(names).toEqual(['name_generate_1.png', 'name_generate_2.png']);
    expect(files.map(({ at }) => at)).toEqual([
      [0, 0, 'image'],
      [0, 1, 'image'],
    ]);
    expect(steps).toEqual(['0/2', '1/2']);
  });

  it('never lets the Space choose where a file goes or what it is called', async () => {
    for (const orig_name of [
      '../../../evil.png',
      '/etc/cron.d/x.png',
      'C:\\evil.png',
      '.bashrc',
      'con.png',
      'a\0b.png',
      'x'.repeat(9999),
    ]) {
      const { names } = await save([fileData('/a', { orig_name })], { [`${ROUTE}/a`]: picture });
      expect(names[0], orig_name).toMatch(/^name_generate_\d+\.png$/);
    }
  });

  it.each<[string, string, string]>([
    ['setup.exe', 'MZ', 'bin'],
    ['run.sh', '#!/bin/sh\nrm -rf ~', 'bin'],
    ['x.desktop', '[Desktop Entry]', 'bin'],
    ['page.HTML', '<b>', 'txt'],
    ['x.scf', '[Shell]', 'bin'],
    ['x.url', '[InternetShortcut]', 'bin'],
    ['table.csv', 'a,b', 'csv'],
    ['noextension', 'text', 'txt'],
    ['strange.a-b', 'text', 'txt'],
    ['long.abcdefghijklmnop', 'text', 'txt'],
  ])('gives %s an extension that is safe to click', async (orig_name, body, extension) => {
    const { names } = await save([fileData('/a', { orig_name })], { [`${ROUTE}/a`]: () => new Response(body) });
    expect(names).toEqual([`name_generate_1.${extension}`]);
  });

  it('saves what a value holds as a data: URL, without a request', async () => {
    const large = Buffer.concat([PNG, Buffer.alloc(200)]);
    const plot = { type: 'matplotlib', plot: `data:image/png;base64,${large.toString('base64')}` };
    const { files, names, asked } = await save([plot, 'data:image/png;base64,AAAA'], {});
    expect(files).toMatchObject([{ mimeType: 'image/png', bytes: large.length, at: [0, 'plot'] }]);
    expect(names).toEqual(['name_generate_1.png']);
    expect(await readFile(files[0]?.path ?? '')).toEqual(large);
    expect(asked).toEqual([]);
  });

  it('saves a drawing that is written out in its address', async () => {
    const drawing = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" fill="#f00"/></svg>';
    const url = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
    const { files, names, asked } = await save([fileData('', { path: null, url, orig_name: 'a.svg' })], {});
    expect([names, asked]).toEqual([['name_generate_1.svg'], []]);
    expect(await readFile(files[0]?.path ?? '', 'utf8')).toBe(drawing);
  });

  describe('a link to elsewhere', () => {
    const LINK = 'https://elsewhere.example/a b.png?size=2';
    const STREAMED = `${ROUTE}https://elsewhere.example/a%20b.png%3Fsize%3D2`;
    const link = fileData(LINK, { url: LINK });

    it('is saved where the app streams it', async () => {
      const { names, notes, asked } = await save([[{ image: link, caption: null }]], { [STREAMED]: picture });
      expect([names, notes, asked]).toEqual([['name_generate_1.png'], [], [STREAMED]]);
    });

    it('is told once however many there are, where the app does not stream it', async () => {
      const { files, notes, data } = await save([link, link], {});
      expect([files, data]).toEqual([[], [link, link]]);
      expect(notes).toEqual([
        expect.stringMatching(/^2 files of the answer are links to elsewhere\. They were not saved/),
      ]);
    });

    it('is not asked for where the app would only redirect', async () => {
      const { asked } = await save([link], {}, { app: { ...app, version: '5.49.1' } });
      expect(asked).toEqual([]);
    });

    it.each([
      'http://169.254.169.254/latest',
      'http://127.0.0.1:8080/x',
      'http://192.168.1.1/',
      'http://[::1]/',
      'http://printer.local/',
    ])('is not asked for where only a machine inside has it: %s', async (url) => {
      const { asked, notes } = await save([fileData(url, { url })], {});
      expect([asked.length, notes.length]).toEqual([0, 1]);
    });

    it('is never read itself', async () => {
      const { files, asked } = await save(
        [
          fileData('', { url: 'https://owner-name.hf.space.evil.com/a.png' }),
          fileData('ftp://evil.com/a', { url: 'file:///etc/passwd' }),
        ],
        {},
      );
      expect(files).toEqual([]);
      expect(asked.every((address) => address.startsWith(ROUTE))).toBe(true);
    });
  });

  describe('sound in pieces', () => {
    const STREAM = `${SITE.base}/gradio_api/stream/s1/7/12`;
    const sound = fileData('s1/7/12/playlist.m3u8', {
      url: `${STREAM}/playlist.m3u8`,
      orig_name: 'audio-stream.mp3',
      is_stream: true,
    });
    const MP3 = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\0'), Buffer.alloc(100)]);

    it('is saved as the app puts it together', async () => {
      const { files, names, asked } = await save([sound], { [`${STREAM}/playlist-file`]: () => new Response(MP3) });
      expect([names, asked]).toEqual([['name_generate_1.mp3'], [`${STREAM}/playlist-file`]]);
      expect(files[0]?.bytes).toBe(MP3.length);
    });

    it('is put together here where the app cannot', async () => {
      const list = '#EXTM3U\n#EXTINF:0.5,\na.aac\n#EXT-X-DISCONTINUITY\n#EXTINF:0.5,\nb.aac?__sign=x\n#EXT-X-ENDLIST\n';
      const { files } = await save([sound], {
        [`${STREAM}/playlist.m3u8`]: () => new Response(list),
        [`${STREAM}/a.aac`]: () => new Response('one '),
        [`${STREAM}/b.aac?__sign=x`]: () => new Response('two'),
      });
      expect(await readFile(files[0]?.path ?? '', 'utf8')).toBe('one two');
    });

    it('is not saved in part', async () => {
      const { files, notes } = await save([sound], {
        [`${STREAM}/playlist.m3u8`]: () => new Response('a.aac\nb.aac'),
        [`${STREAM}/a.aac`]: () => new Response('one '),
      });
      expect([files, notes]).toEqual([[], [expect.stringContaining('the Space no longer has it')]]);
      expect(await readdir(saveTo)).toEqual([]);
    });
  });

  describe('pictures within text', () => {
    const large = Buffer.concat([PNG, Buffer.alloc(200)]);
    const base64 = large.toString('base64');
    const url = `data:image/png;base64,${base64}`;
    const drawing = `<svg xmlns='http://www.w3.org/2000/svg'><path d='${'M0 0 '.repeat(50)}'/></svg>`;

    it.each([
      ['HTML', `<p>a</p><img src="${url}" alt="b"><p>c</p>`, '<p>a</p><img src="FILE" alt="b"><p>c</p>'],
      ['single quotation marks', `<img src='${url}'>`, "<img src='FILE'>"],
      ['no quotation marks', `<img src=${url} width=3>`, '<img src=FILE width=3>'],
      ['escaped HTML', `srcdoc="&lt;img src=&quot;${url}&quot;&gt;"`, 'srcdoc="&lt;img src=&quot;FILE&quot;&gt;"'],
      ['Markdown', `Look: ![chart](${url})\n\nThe end (really).`, 'Look: ![chart](FILE)\n\nThe end (really).'],
      ['lines of base64', `<img src="${url.replace(/.{60}/g, '$&\n')}">`, '<img src="FILE">'],
      ['plain text', `${url} and more`, 'FILE and more'],
      ['a drawing', `<img src="data:image/svg+xml;utf8,${drawing}">`, '<img src="FILE">'],
      ['a drawing in Markdown', `![](data:image/svg+xml,${encodeURIComponent(drawing)})`, '![](FILE)'],
    ])('are saved and named: %s', async (_, text, expected) => {
      const { files, data, notes } = await save([text, [{ deep: text }]], {});
      const paths = files.map(({ path }) => path);
      expect(files).toMatchObject([
        { at: [0], within: true },
        { at: [1, 0, 'deep'], within: true },
      ]);
      expect(notes).toEqual([]);
      expect(data).toEqual([
        expected.replace('FILE', paths[0] ?? ''),
        [{ deep: expected.replace('FILE', paths[1] ?? '') }],
      ]);
      const content = expected.includes('FILE') && text.includes('base64') ? large : Buffer.from(drawing);
      expect(await readFile(paths[0] ?? '')).toEqual(content);
    });

    it('and other files, but no fonts', async () => {
      const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(200)]).toString('base64');
      const font = `<style>@font-face{src:url(data:font/woff2;base64,${base64})}</style>`;
      const link = `<a href="data:application/pdf;base64,${pdf}" download>Report</a>`;
      const page = `<iframe src="data:text/html;charset=utf-8;base64,${base64}"></iframe>`;
      const { names, data } = await save([font, link, page], {});
      expect(names).toEqual(['name_generate_1.pdf', 'name_generate_1.png']);
      expect(data[0]).toBe(font);
    });

    it('stay within a text as they are where they are small, or the text is code', async () => {
      const icon = '<img src="data:image/png;base64,AAAA">';
      const code = { ...endpointOf(app, '/generate'), returns: [{ label: '', component: 'code', schema: {} }] };
      expect(await save([icon], {})).toMatchObject({ files: [], data: [icon] });
      expect(await save([`<img src="${url}">`], {}, { endpoint: code })).toMatchObject({ files: [] });
    });

    it('are left out of the text where they were not saved', async () => {
      const many = Array.from({ length: 66 }, () => `<img src="${url}">`).join('');
      const { files, data, notes } = await save([many], {});
      expect([files.length, notes.length]).toEqual([64, 1]);
      expect(String(data[0]).endsWith('<img src="(a file, not saved)"><img src="(a file, not saved)">')).toBe(true);
    });
  });

  it("tries the Space's own address when its file route has nothing, without the signature in it", async () => {
    const url = `${SITE.base}/--replicas/abc/gradio_api/file=/a.png?__sign=secret&x=1`;
    const { names, asked } = await save([fileData('/a.png', { url })], {
      [`${SITE.base}/--replicas/abc/gradio_api/file=/a.png?x=1`]: picture,
    });
    expect(names).toHaveLength(1);
    expect(asked).toEqual([`${ROUTE}/a.png`, `${SITE.base}/--replicas/abc/gradio_api/file=/a.png?x=1`]);
  });

  it('tries once more when the connection breaks, and leaves no part behind', async () => {
    let tries = 0;
    const { names } = await save([fileData('/a.png', { url: null })], {
      [`${ROUTE}/a.png`]: () => {
        tries += 1;
        if (tries > 1) return picture();
        return new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(PNG.subarray(0, 10));
              controller.error(new TypeError('terminated'));
            },
          }),
        );
      },
    });
    expect([names, tries]).toEqual([['name_generate_1.png'], 2]);
    expect(await readdir(saveTo)).toEqual(['name_generate_1.png']);
  });

  it('keeps the others when one cannot be had', async () => {
    const { names, notes } = await save(
      [fileData('/gone.png', { orig_name: 'g\u202eone.png' }), fileData('/a.png'), fileData('/b.png')],
      {
        [`${ROUTE}/a.png`]: picture,
        [`${ROUTE}/b.png`]: () => Promise.reject(new HugwireError('blocked', 'it went elsewhere.')),
      },
    );
    expect(names).toEqual(['name_generate_1.png']);
    expect(notes).toEqual([
      'A file of the answer (gone.png) was not saved: the Space no longer has it, or does not share it (HTTP 404).',
      'A file of the answer (b.png) was not saved: it went elsewhere.',
    ]);
  });

  it('stops at the size that is allowed, told or not, and leaves no part behind', async () => {
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            controller.enqueue(new Uint8Array(1000));
          },
        }),
      );
    const told = () => new Response(PNG, { headers: { 'content-length': '999999999' } });
    const { files, notes } = await save(
      [fileData('/a', { url: null }), fileData('/b', { url: null })],
      { [`${ROUTE}/a`]: endless, [`${ROUTE}/b`]: told },
      { maxBytes: 10_000 },
    );
    expect(files).toEqual([]);
    expect(notes).toHaveLength(2);
    for (const note of notes)
      expect(note).toMatch(/it is larger than 10 kB, the limit that files\.maxMegabytes sets\./);
    expect(await readdir(saveTo)).toEqual([]);
  });

  it('saves twice as much as one file may have from a whole call, and says what it left out and where it is', async () => {
    const many = Array.from({ length: 5 }, (_, index) => fileData(`/${index}.bin`));
    const body = () => new Response(new Uint8Array(9_000));
    const answers = Object.fromEntries(many.map(({ url }) => [url, body]));
    const { files, notes } = await save([many], answers, { maxBytes: 10_000 });
    expect(files).toHaveLength(2);
    expect(notes).toHaveLength(3);
    for (const [at, note] of notes.entries()) {
      expect(note).toContain(
        'larger than what is left of 20 kB, the limit for all files of a call (2 × files.maxMegabytes)',
      );
      expect(note).toContain(`It is at ${ROUTE}/${at + 2}.bin`);
    }
  });

  it('asks for no further file once the call has saved all that it may', async () => {
    const many = ['/a', '/b', '/c', '/d'].map((path) => fileData(path));
    const answers = Object.fromEntries(many.map(({ url }) => [url, () => new Response(new Uint8Array(10_000))]));
    const { files, asked } = await save([many], answers, { maxBytes: 10_000 });
    expect([files.length, asked.length]).toEqual([2, 2]);
  });

  it('counts the values that are saved whole', async () => {
    const [endpoint, texts] = [endpointOf(app, '/generate'), ['a', 'b', 'c'].map((letter) => letter.repeat(15_000))];
    const outcome = { site: app.site, endpoint, data: texts, files: [] };
    const { files, notes } = await saveLongValues(outcome, { app, endpoint, saveTo, maxBytes: 16_000 });
    expect(files.map(({ bytes }) => bytes)).toEqual([15_000, 15_000]);
    expect(notes).toEqual([expect.stringContaining('2 × files.maxMegabytes')]);
  });

  it('saves nothing that would fill the disk', async () => {
    const disk = { blocks: 1000, bsize: 1000, bavail: 100 } as never;
    vi.mocked(statfs).mockResolvedValue(disk);
    const body = (bytes: number) => () =>
      new Response(new Uint8Array(bytes), { headers: { 'content-length': String(bytes) } });
    const answers = { [`${ROUTE}/a`]: body(95_000), [`${ROUTE}/b`]: body(80_000) };
    const { files, notes } = await save([fileData('/a', { url: null }), fileData('/b', { url: null })], answers);
    expect(files.map(({ bytes }) => bytes)).toEqual([80_000]);
    expect(notes).toEqual([expect.stringContaining('only 100 kB of the disk are free')]);
    // A length that nobody told is seen to be too much on the way.
    const told = { [`${ROUTE}/c`]: () => new Response(new Uint8Array(17_000_000)) };
    vi.mocked(statfs)
      .mockResolvedValueOnce(disk)
      .mockResolvedValue({ ...(disk as object), bavail: 5 } as never);
    const { files: none } = await save([fileData('/c', { url: null })], told, { maxBytes: 20_000_000 });
    expect(none).toEqual([]);
    expect((await readdir(saveTo)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it.each<[string, string, string]>([
    [
      'a plain drawing',
      '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/><text>one &#38; two</text></svg>',
      'svg',
    ],
    [
      'a plot',
      '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg><style>*{x:y}</style></svg>',
      'svg',
    ],
    ['a script', '<svg><script>alert(1)</script></svg>', 'txt'],
    ['a handler', '<svg onload="alert(1)"/>', 'txt'],
    ['an address that runs', '<svg><a href="java&#115;cript:alert(1)"/></svg>', 'txt'],
    ['an address that is broken up', '<svg><a href="java&#x0a;script:alert(1)"/></svg>', 'txt'],
    ['a page within', '<svg><foreignObject><p/></foreignObject></svg>', 'txt'],
    ['entities', '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', 'txt'],
    ['another encoding', '\u0000<svg/>', 'txt'],
  ])('saves a drawing with %s so that it runs nothing', async (_, body, extension) => {
    const file = fileData('/a', { orig_name: 'a.svg', url: null });
    const { names, notes } = await save([file], { [`${ROUTE}/a`]: () => new Response(body) });
    expect(names).toEqual([`name_generate_1.${extension}`]);
    expect(notes).toHaveLength(extension === 'svg' ? 0 : 1);
  });

  it('says under which extension it saved what may run', async () => {
    const { notes } = await save([fileData('/a', { orig_name: 'x.scf', url: null })], {
      [`${ROUTE}/a`]: () => new Response('[Shell]'),
    });
    expect(notes).toEqual([expect.stringContaining('A .scf file of the answer was saved as .bin')]);
  });

  it('records what it saved, and says when that fails', async () => {
    const recorded: object[] = [];
    const answers = { [`${ROUTE}/a.png`]: picture };
    const records = { add: async (file: object) => void recorded.push(file), find: async () => undefined };
    const { files } = await save([fileData('/a.png')], answers, { savedFiles: async () => records });
    const sha256 = createHash('sha256').update(PNG).digest('hex');
    expect(recorded).toEqual([{ path: files[0]?.path, bytes: PNG.length, sha256, mimeType: 'image/png' }]);
    const broken = { ...records, add: () => Promise.reject(new HugwireError('unavailable', 'the disk is full')) };
    const outcome = await save([fileData('/a.png')], answers, { savedFiles: async () => broken });
    expect(outcome.files).toHaveLength(1);
    expect(outcome.notes).toEqual([
      expect.stringMatching(/name_generate_2\.png could not be recorded.*the disk is full/),
    ]);
  });

  it('tells the size of a file that is too large, and its link where anyone may follow it', async () => {
    const video = fileData('/tmp/v.mp4', { size: 20_000 });
    const answers = { [`${ROUTE}/tmp/v.mp4`]: () => new Response('x'.repeat(20_000)) };
    const { notes } = await save([video], answers, { maxBytes: 10_000 });
    const words =
      'A file of the answer (v.mp4, 20 kB) was not saved: it is larger than 10 kB, the limit that files.maxMegabytes sets.';
    expect(notes).toEqual([`${words} It is at ${ROUTE}/tmp/v.mp4`]);
    const hidden = { ...app, site: { ...SITE, private: true } };
    expect((await save([video], answers, { maxBytes: 10_000, app: hidden })).notes).toEqual([words]);
  });

  it('says that nothing can be saved where the directory is a file', async () => {
    const file = join(saveTo, '..', '..', 'file');
    await writeFile(file, '');
    const { notes } = await save([fileData('/tmp/a.png')], { [`${ROUTE}/tmp/a.png`]: picture }, { saveTo: file });
    expect(notes).toEqual([
      expect.stringMatching(/^A file of the answer \(a\.png\) was not saved: Nothing can be saved in/),
    ]);
  });

  it('gives up on a file that never arrives', async () => {
    const net: typeof fetch = (_, init) =>
      new Promise((__, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
    const { notes } = await saveOutputs([fileData('/a')], {
      app,
      endpoint: endpointOf(app, '/generate'),
      net,
      saveTo,
      maxBytes: 10_000_000,
      maxSeconds: 0.01,
    });
    expect(notes[0]).toMatch(/it did not arrive within 0\.01 s/);
  });

  it('saves at most 64 files and says how many it left', async () => {
    const many = Array.from({ length: 70 }, (_, index) => fileData(`/${index}.png`, { url: null }));
    const answers = Object.fromEntries(many.map(({ path }) => [ROUTE + path, picture]));
    const { files, notes } = await save([many], answers);
    expect(files).toHaveLength(64);
    expect(notes).toEqual(['6 further files of the answer not saved: a call saves at most 64.']);
  });

  it('never writes over a file, whoever else saves at the same time', async () => {
    await mkdir(saveTo, { recursive: true });
    await writeFile(join(saveTo, 'name_generate_1.png'), 'mine');
    const answers = { [`${ROUTE}/a.png`]: picture };
    const runs = await Promise.all(Array.from({ length: 12 }, () => save([fileData('/a.png')], answers)));
    const names = runs.flatMap((run) => run.names);
    expect(new Set(names).size).toBe(12);
    expect(await readFile(join(saveTo, 'name_generate_1.png'), 'utf8')).toBe('mine');
    expect((await readdir(saveTo)).length).toBe(13);
  });

  it('explains a directory that cannot be written to', async () => {
    await mkdir(join(saveTo, '..'), { recursive: true });
    await writeFile(saveTo, 'a file');
    const { notes } = await save([fileData('/a.png')], { [`${ROUTE}/a.png`]: picture });
    expect(notes[0]).toMatch(/Nothing can be saved in .*: a part of the path is a file\./);
  });

  it('ends with the call', async () => {
    const call = new AbortController();
    const promise = save(
      [fileData('/a.png')],
      {
        [`${ROUTE}/a.png`]: () => {
          call.abort();
          return Promise.reject(new DOMException('aborted', 'AbortError'));
        },
      },
      { signal: call.signal },
    );
    await expect(promise).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('does nothing for an answer without files', async () => {
    expect(await save(['text', 1, null], {})).toMatchObject({ files: [], notes: [], asked: [] });
  });
});
