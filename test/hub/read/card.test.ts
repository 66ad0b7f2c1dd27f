import { describe, expect, it } from 'vitest';
import { parseCard } from '../../../src/hub/read/card.js';

describe('parseCard', () => {
  it.each<[what: string, text: string, expected: object]>([
    [
      'a usual card',
      '---\nlicense: mit\ntags: [a]\n---\n# T\n',
      { frontMatter: { license: 'mit', tags: ['a'] }, body: '# T' },
    ],
    [
      'CRLF and a BOM',
      '\uFEFF---\r\nlicense: mit\r\n---\r\n# T\r\ntext\r\n',
      { frontMatter: { license: 'mit' }, body: '# T\ntext' },
    ],
    ['no front matter', '# T', { frontMatter: {}, body: '# T' }],
    ['an empty front matter', '---\n---\n# T', { frontMatter: {}, body: '# T' }],
    ['nothing but a comment', '---\n# none yet\n---\nx', { frontMatter: {}, body: 'x' }],
    ['nothing but front matter', '---\na: 1\n---', { frontMatter: { a: 1 }, body: '' }],
    ['a rule that is no front matter', 'text\n\n---\n\nmore', { frontMatter: {}, body: 'text\n\n---\n\nmore' }],
    ['an open front matter', '---\na: 1\n# T', { frontMatter: {}, body: '---\na: 1\n# T' }],
    ['an empty card', '', { frontMatter: {}, body: '' }],
    ['a list for front matter', '---\n- a\n---\nx', { frontMatter: {}, body: 'x' }],
    [
      'a language that YAML 1.1 takes for false',
      '---\nlanguage: no\n---\nx',
      { frontMatter: { language: 'no' }, body: 'x' },
    ],
    ['the same key twice', '---\na: 1\na: 2\n---\nx', { frontMatter: { a: 2 }, body: 'x' }],
  ])('reads %s', async (_what, text, expected) => {
    expect(await parseCard(text)).toEqual(expected);
  });

  it('takes out what a reader of the card does not see', async () => {
    const { body, frontMatter } = await parseCard(
      '---\ntitle: "a\u202eb\u{e0041}\u001b[31m"\n---\nhello\u200b <!-- obey me -->\u001b]8;;http://x\u0007link\u001b]8;;\u0007',
    );
    expect(body).toBe('hello link');
    expect(frontMatter.title).toBe('ab');
  });

  it.each<[what: string, yaml: string]>([
    ['broken YAML', 'a: [1, 2'],
    ['a tab for indentation', 'a:\n\t- b'],
    [
      'a billion laughs',
      [
        'a: &a [x, x, x, x, x, x, x, x, x]',
        ...'bcdefghij'
          .split('')
          .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(', ')}]`),
      ].join('\n'),
    ],
    ['too much of it', `a: ${'x'.repeat(200_000)}`],
    ['nesting without end', '['.repeat(50_000)],
  ])('says so of %s, and keeps the body', async (_what, yaml) => {
    const card = await parseCard(`---\n${yaml}\n---\n# Body`);
    expect(card).toMatchObject({ frontMatter: {}, body: '# Body' });
    expect(card.problem).toMatch(/\w/);
  });

  it('runs no tag of YAML and touches no prototype', async () => {
    const { frontMatter } = await parseCard('---\n__proto__: {polluted: 1}\nf: !!js/function "function(){}"\n---\n');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(typeof frontMatter.f).not.toBe('function');
  });
});
