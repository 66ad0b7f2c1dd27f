import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseEditor, editText, openEditor } from '../../src/commands/editor.js';
import { runsScripts } from '../platform.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-editor-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

describe('the editor', () => {
  it.each<[NodeJS.ProcessEnv, NodeJS.Platform, string]>([
    [{ VISUAL: 'code --wait', EDITOR: 'vi' }, 'linux', 'code --wait'],
    [{ VISUAL: ' ', EDITOR: 'vi' }, 'linux', 'vi'],
    [{}, 'win32', 'notepad'],
  ])('of %j on %s is %s', (env, platform, command) => {
    expect(chooseEditor(env, { platform })).toBe(command);
  });

  it('is looked for on the path', () => {
    writeFileSync(join(directory, 'vi'), '', { mode: 0o755 });
    writeFileSync(join(directory, 'nano'), '', { mode: 0o644 });
    expect(chooseEditor({ PATH: directory }, { platform: 'linux' })).toBe('vi');
    expect(() => chooseEditor({ PATH: '' }, { platform: 'linux' })).toThrow('No editor was found.');
  });

  it('is not guessed where there is no terminal to edit at', () => {
    const alone = { platform: 'linux', interactive: false } as const;
    expect(() => chooseEditor({ PATH: process.env.PATH }, alone)).toThrow('An editor needs a terminal');
    expect(chooseEditor({ EDITOR: 'sed -i s/a/b/' }, alone)).toBe('sed -i s/a/b/');
  });

  it.runIf(runsScripts)('gets a path with every odd character, and its failure is told', async () => {
    const odd = join(directory, `it's "odd" $HOME & \`x\`.json`);
    await openEditor(`node -e "require('fs').writeFileSync(process.argv[1], 'edited')"`, odd, process.env);
    expect(readFileSync(odd, 'utf8')).toBe('edited');
    await expect(openEditor('exit 3; true', odd, process.env)).rejects.toThrow('failed with exit code 3');
  });
});

describe.runIf(runsScripts)('a note in the editor', () => {
  // What has the name of a directory in it, a shell must not read.
  const room = () => {
    const odd = mkdtempSync(join(directory, '$HOME "'));
    vi.stubEnv('TMPDIR', odd);
    return odd;
  };
  const editor = (script: string) => ({ ...process.env, VISUAL: `node -e "${script}"` });

  it('comes back as it was saved, and leaves no file behind', async () => {
    const odd = room();
    expect(await editText('apples', editor("require('fs').appendFileSync(process.argv[1], 'pears')"))).toBe(
      'apples\npears',
    );
    expect(readdirSync(odd)).toEqual([]);
  });

  it('is left alone when the editor fails', async () => {
    const odd = room();
    await expect(editText('apples', editor('process.exit(3)'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(readdirSync(odd)).toEqual([]);
  });
});
