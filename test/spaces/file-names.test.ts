import { describe, expect, it } from 'vitest';
import { fileStem, safeExtension, slug } from '../../src/spaces/save-file.js';
import { endpointOf, recordedApp, SITE } from '../gradio/recorded.js';

describe('slug', () => {
  it.each<[string, string]>([
    ['A cat, in a hat!', 'a-cat-in-a-hat'],
    ['  ', ''],
    ['../../etc/passwd', 'etc-passwd'],
    ['C:\\a|b?c*', 'c-a-b-c'],
    ['Crème brûlée', 'creme-brulee'],
    ['猫が帽子をかぶる', '猫か帽子をかふる'],
    ['a\u202eb\u0000c', 'a-b-c'],
    ['one two three four five six seven eight nine ten', 'one-two-three-four-five-six-seven-eight'],
    ['x'.repeat(60), 'x'.repeat(40)],
  ])('of %j', (text, expected) => {
    expect(slug(text)).toBe(expected);
  });

  it('never splits a character', () => {
    expect(slug('𝒜'.repeat(0) + '𠮷'.repeat(60))).toBe('𠮷'.repeat(40));
  });
});

describe('fileStem', () => {
  const app = recordedApp('6.25.0', 'endpoints');
  const generate = endpointOf(app, '/generate');

  it('is the Space and the prompt, or the endpoint', () => {
    expect(fileStem(app, generate, 'A cat')).toBe('name_a-cat');
    expect(fileStem(app, generate, '!?')).toBe('name_generate');
    expect(fileStem({ ...app, site: { ...SITE, id: 'black-forest-labs/FLUX.1-schnell' } }, generate)).toBe(
      'flux-1-schnell_generate',
    );
  });

  it('of a local app is its title', () => {
    const site = { ...SITE, kind: 'local' as const, id: 'http://127.0.0.1:7860' };
    expect(fileStem({ ...app, site, title: 'My App' }, generate)).toBe('my-app_generate');
    expect(fileStem({ ...app, site, title: undefined }, generate)).toBe('local-app_generate');
  });

  it('is never a name that Windows reserves, nor hidden', () => {
    for (const name of ['con', 'NUL', 'com1', '.hidden', '-x', '..']) {
      const stem = fileStem({ ...app, site: { ...SITE, id: `o/${name}` } }, generate, name);
      expect(stem).toMatch(/^[a-z0-9][a-z0-9-]*_[a-z0-9-]+$/);
    }
  });
});

describe('safeExtension', () => {
  it.each<[string, string, string]>([
    ['png', 'x.jpg', 'png'],
    ['', 'x.CSV', 'csv'],
    ['', 'x', 'bin'],
    ['exe', 'x.png', 'bin'],
    ['', 'x.app', 'bin'],
    ['', 'x.tar.gz', 'gz'],
    ['', 'x.p/../y', 'bin'],
    ['', 'page.html', 'txt'],
    ['', 'x.pdf.exe', 'bin'],
    ['', 'x.exe.', 'bin'],
    ['', 'x.lnk ', 'bin'],
    ['docm', 'x.docx', 'bin'],
  ])('of what is %j and called %j', (sniffed, named, expected) => {
    expect(safeExtension(sniffed, named).extension).toBe(expected);
  });
});
