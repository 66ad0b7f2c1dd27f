import { describe, expect, it } from 'vitest';
import { checkCard, checkWritePath, countChangedLines, planChanges } from '../../../src/hub/write/draft.js';

describe('checkWritePath', () => {
  it.each(['a.txt', 'data/train.csv', '.gitattributes', 'dir/', 'a b/ü.txt', '.github/x.yml', 'x.git/a', 'a..b'])(
    'takes %s',
    (path) => expect(() => checkWritePath(path)).not.toThrow(),
  );

  it.each([
    ['', 'is empty'],
    ['/', 'is empty'],
    ['/etc/passwd', 'begins with a slash'],
    ['a\\b', 'holds a backslash'],
    ['a\0b', 'holds an invisible character'],
    ['a\nb', 'holds an invisible character'],
    ['a\u202eb', 'holds an invisible character'],
    ['../a', 'leads out'],
    ['a/../b', 'leads out'],
    ['a/..', 'leads out'],
    ['./a', 'leads out'],
    ['a//b', 'has an empty part'],
    ['.git/config', 'belongs to git'],
    ['a/.GIT/hooks/x', 'belongs to git'],
    [' a', 'space'],
    ['a /b', 'space'],
    ['a'.repeat(1001), 'is too long'],
  ])('refuses %j', (path, reason) => {
    expect(() => checkWritePath(path)).toThrow(
      expect.objectContaining({ code: 'invalid_arguments', message: expect.stringContaining(reason) }),
    );
  });
});

describe('countChangedLines', () => {
  it.each([
    ['', 'a\nb\n', 2, 0],
    ['a\nb\n', '', 0, 2],
    ['a\nb\nc\n', 'a\nx\nc\n', 1, 1],
    ['a\nb\n', 'a\r\nb\r\n', 0, 0],
    ['a\nb\nc\nd\n', 'b\nc\nd\na\n', 1, 1],
    ['a\nb', 'a\nb\n', 0, 0],
  ])('%j → %j', (before, after, added, removed) => {
    expect(countChangedLines(before, after)).toEqual({ added, removed });
  });

  it('counts what is too long to be aligned', () => {
    const lines = (of: string, count: number) => Array.from({ length: count }, (_, at) => `${of}${at}`).join('\n');
    expect(countChangedLines(lines('a', 20_000), lines('b', 30_000))).toEqual({ added: 30_000, removed: 20_000 });
  });
});

describe('checkCard', () => {
  it.each<[kind: 'model' | 'space', text: string, line: number | undefined, problem?: string]>([
    ['model', '# No front matter\n', undefined],
    ['model', '---\nlicense: mit\ntags: [a]\n---\n# x\n', undefined],
    ['model', '---\nlicense: mit\n', 1, 'not closed'],
    ['model', '---\nlicense: mit\ntags: [a\n---\n', 3, 'flow collection'],
    ['model', '---\nlicense: mit\na: b: c\n---\n', 3],
    ['model', '---\r\nlicense: mit\r\ntags: x\r\n---\r\n', 3, '"tags" must be a list'],
    ['model', '---\nlicense:\n  a: b\n---\n', 2, '"license" must be a text'],
    ['space', '# No front matter\n', 1, 'needs front matter'],
    ['space', '---\ntitle: x\n---\n', 1, '"sdk" must be one of'],
    ['space', '---\ntitle: x\nsdk: gradoi\n---\n', 3, '"sdk" must be one of'],
    ['space', '---\nsdk: gradio\ncolorFrom: pale\n---\n', 3, '"colorFrom" must be one of'],
    ['space', '\ufeff---\nsdk: static\n---\n', undefined],
  ])('of a %s: %j', async (kind, text, line, problem) => {
    const [fault] = await checkCard(text, kind);
    expect(fault?.line).toBe(line);
    if (problem) expect(fault?.problem).toContain(problem);
  });
});

it('a file far down in a large folder is found, and one beyond all pages is not taken for new', async () => {
  const hub = (pages: number) =>
    ({
      endpoint: 'https://hub.test',
      request: async (_path: string, { query }: { query: { cursor?: string } }) => {
        const page = Number(query.cursor ?? 1);
        const next = `<https://hub.test/api?cursor=${page + 1}>; rel="next"`;
        const row = { type: 'file', path: `data/${page}.bin`, size: 1, oid: 'x' };
        return { json: () => [row], headers: new Headers(page < pages ? { link: next } : {}) };
      },
    }) as unknown as Parameters<typeof planChanges>[0];
  const target = { kind: 'dataset', id: 'ada/notes', private: true, branch: 'main', head: 'a'.repeat(40) } as const;
  const remove = (path: string, pages: number) => planChanges(hub(pages), target, [{ path }]);
  expect(await remove('data/9.bin', 9)).toEqual([{ path: 'data/9.bin', effect: 'deleted', before: 1 }]);
  await expect(remove('data/99.bin', 99)).rejects.toThrow('more files in data than can be looked at');
});
