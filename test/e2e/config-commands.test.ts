import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Shell } from './shell.js';

let shell: Shell;
beforeEach(() => {
  shell = new Shell({ EDITOR: `${JSON.stringify(process.execPath)} edit.cjs` });
});
afterEach(() => shell.remove());

const file = () => join(shell.home, 'config.json');
const read = () => JSON.parse(readFileSync(file(), 'utf8'));

it('sets, gets and unsets a key, and shows before and after', async () => {
  const set = await shell.run('config', 'set', 'hub.timeoutSeconds', '20');
  expect(set).toEqual({
    code: 0,
    stdout: 'hub.timeoutSeconds: 10 → 20\n',
    stderr: `hugwire: written to ${file()}\n`,
  });
  expect((await shell.run('config', 'get', 'hub.timeoutSeconds')).stdout).toBe('20\n');
  const unset = await shell.run('config', 'unset', 'hub.timeoutSeconds', '--json');
  expect(JSON.parse(unset.stdout)).toMatchObject({ before: 20, after: 10, written: true });
});

it('tells a key that is not set from one that is not there', async () => {
  expect(await shell.run('config', 'get', 'token.name')).toMatchObject({ code: 1, stdout: '\n' });
  expect(await shell.run('config', 'get', 'token.nmae')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean token.name?'),
  });
});

it('never repeats a token', async () => {
  const token = `hf_${'Zz9'.repeat(11)}`;
  for (const args of [
    ['token.name', token],
    ['token', token],
    [token, 'x'],
    ['hub.endpoint', token],
    ['token.x', token],
  ]) {
    const { code, stdout, stderr } = await shell.run('config', 'set', ...args);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(token);
  }
  expect(existsSync(file())).toBe(false);
});

it('names no tool that is not there, and keeps the names of Spaces that are gone', async () => {
  for (const [key, value] of [
    ['limits.spcaes.perMinute', '5'],
    ['tools.enable', 'memory,pin'],
    ['profiles.work.tools.disable', 'hub_raed'],
  ] as const) {
    const { code, stderr } = await shell.run('config', 'set', key, value);
    expect({ key, code }).toEqual({ key, code: 2 });
    expect(stderr).toMatch(/nothing is named ".*\n?Next: Nothing was changed\./s);
  }
  expect(existsSync(file())).toBe(false);
  writeFileSync(file(), '{"limits":{"gone_tool":{"perMinute":1}}}');
  expect(await shell.run('config', 'set', 'limits.spaces.perMinute', '5')).toMatchObject({ code: 0 });
  expect(read().limits).toEqual({ gone_tool: { perMinute: 1 }, spaces: { perMinute: 5 } });
});

it('loses nothing when two processes set at once', async () => {
  const keys = ['hub.offline', 'tools.readOnly', 'tools.dryRun'];
  const codes = await Promise.all(keys.map(async (key) => (await shell.run('config', 'set', key, 'true')).code));
  expect(codes).toEqual([0, 0, 0]);
  expect(read()).toMatchObject({ hub: { offline: true }, tools: { readOnly: true, dryRun: true } });
});

it('lays a profile over the file, and changes it there', async () => {
  await shell.run('config', 'set', 'profiles.work.hub.offline', 'true');
  await shell.run('config', 'set', 'tools.disable', 'hub_read', '--profile', 'work');
  expect(read().profiles).toEqual({ work: { hub: { offline: true }, tools: { disable: ['hub_read'] } } });
  const { stdout, stderr } = await shell.run('config', 'show', '--profile', 'work');
  expect(JSON.parse(stdout)).toMatchObject({ hub: { offline: true, timeoutSeconds: 10 } });
  expect(stderr).toContain('with profile work');
  expect((await shell.run('config', 'get', 'hub.offline')).stdout).toBe('false\n');
  expect(await shell.run('serve', '--profile', 'home')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('There is no profile "home" in the config.\nNext: There are: work.'),
  });
});

it('edits the file in the editor', async () => {
  writeFileSync(
    join(shell.home, 'edit.cjs'),
    `require('fs').writeFileSync(process.argv[2], '{"hub":{"timeoutSeconds":33}}')`,
  );
  expect(await shell.run('config', 'edit')).toMatchObject({ code: 0, stdout: `${file()} was changed.\n` });
  expect(read()).toEqual({ hub: { timeoutSeconds: 33 } });
});

it('leaves a broken file as it is', async () => {
  writeFileSync(file(), '{"hub":');
  expect(await shell.run('config', 'set', 'hub.offline', 'true')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is not valid JSON: line 1, column 8'),
  });
  expect(readFileSync(file(), 'utf8')).toBe('{"hub":');
});

it('tells when the file cannot be written', async () => {
  writeFileSync(file(), '{}');
  const path = join(file(), 'config.json');
  expect(await shell.run('--config', path, 'config', 'set', 'hub.offline', 'true')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/cannot be locked: a part of its path is a file\.\nNext: Choose another place\./),
  });
  expect(readFileSync(file(), 'utf8')).toBe('{}');
});
