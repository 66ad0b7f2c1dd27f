import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PICTURE, readLines, record } from '../../build/recording.mjs';
import { BIN, makeHome } from './server-process.js';

const home = makeHome();
let text: string;

beforeAll(async () => {
  // Nobody listens there: the demo must not look.
  const env = {
    ...home.env,
    TMPDIR: home.home,
    HTTPS_PROXY: 'http://127.0.0.1:2',
    HF_TOKEN: 'hf_notForTheDemo',
    CI: '1',
  };
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, 'demo'], { env, cwd: home.home });
  text = stdout;
});
afterAll(() => home.remove());

describe('hugwire demo', () => {
  it('has no colours where nobody looks', () => {
    expect(text).not.toContain('\u001b');
  });

  it('finds, reads and looks into a dataset', () => {
    expect(text).toContain('openai/whisper-large-v3 | automatic-speech-recognition');
    expect(text).toContain('downloads: 5M in 30 days');
    expect(text).toContain('openai/gsm8k main/test');
  });

  it('draws a picture that is there afterwards', () => {
    const path = text.match(/Picture: (\S+\.png)/)?.[1] ?? '';
    expect(existsSync(path)).toBe(true);
  });

  it('hands a slow job off and collects it, with progress', () => {
    expect(text).toMatch(/Still running after .*\n.*Status: .*\n.*job="(j_[\w-]{22})"/);
    expect(text).toMatch(/… {3}“Working” \d\/8 steps/);
    expect(text).toContain('Did 8 steps');
  });

  it('explains an error and sends a file', () => {
    expect(text).toContain('space_error: hugwire/demo-space reported an error');
    expect(text).toMatch(/"name":"shopping-list\.txt","size":30/);
  });

  it('goes on without the network, and says what it served from where', () => {
    const after = text.slice(text.indexOf('Now the network is gone.'));
    expect(after).toMatch(/offline: 127\.0\.0\.1:\d+ cannot be reached/);
    expect(after).toMatch(/From the cache, \d+ s old: the network is unavailable\./);
  });

  it('leaves nothing but the picture behind', () => {
    // From Node 22 on, Node keeps the compiled form of programs in the temporary directory.
    const [world = '', ...others] = readdirSync(home.home).filter((name) => name !== 'node-compile-cache');
    expect(others).toEqual([]);
    expect(readdirSync(join(home.home, world))).toEqual(['files']);
  });

  it('prints what its picture in the README shows, or else `npm run recording` makes it', async () => {
    const shown = readLines(readFileSync(PICTURE, 'utf8'));
    expect(shown.length).toBeGreaterThan(30);
    expect(readLines(await record())).toEqual(shown);
  });
});
