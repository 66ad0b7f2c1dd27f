import { describe, expect, it } from 'vitest';
import { readFileTypes, refuseFileType } from '../../src/gradio/files.js';

describe('readFileTypes', () => {
  it.each<[unknown, string[] | undefined]>([
    [
      ['.PDF', '.tar.gz'],
      ['.pdf', '.tar.gz'],
    ],
    [
      ['image', '.txt'],
      ['image', '.txt'],
    ],
    [['file', '.txt'], undefined],
    [['application/pdf'], undefined],
    [['pdf'], undefined],
    [[], undefined],
    [null, undefined],
    ['.pdf', undefined],
    [[{}], undefined],
    [Array(1000).fill('.a'), undefined],
  ])('%j', (types, known) => {
    expect(readFileTypes(types)).toEqual(known);
  });
});

describe('refuseFileType', () => {
  const check = (name: string, accepted: string[], type = '') => refuseFileType('document', { name, type }, accepted);

  it.each([
    ['notes.TXT', ['.txt']],
    ['a.tar.gz', ['.tar.gz']],
    ['photo.jpeg', ['image']],
    ['notes.md', ['.pdf', 'text']],
  ])('lets %s through where %j are taken', async (name, accepted) => {
    await expect(check(name, accepted)).resolves.toBeUndefined();
  });

  it('believes what the bytes of a file tell where its name does not', async () => {
    await expect(check('photo', ['image'], 'image/png')).resolves.toBeUndefined();
  });

  it.each([
    ['notes.py', ['text']],
    ['data.parquet', ['.csv', 'text']],
    ['scan.pdf', ['image']],
    ['song', ['audio']],
  ])(
    'asks the app about %s where %j are taken: which type it is, each program says for itself',
    async (name, accepted) => {
      await expect(check(name, accepted)).resolves.toBeUndefined();
    },
  );

  it('names the types that are taken', async () => {
    await expect(check('photo.png', ['.txt', '.csv', 'audio'])).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: '"document" takes .txt, .csv or audio files, not photo.png.',
    });
    await expect(check('txt', ['.txt'])).rejects.toThrow(/takes \.txt files/);
  });
});
