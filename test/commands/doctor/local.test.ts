import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkConfigFile,
  checkDirectories,
  checkEnvironment,
  checkNode,
  checkVersion,
} from '../../../src/commands/doctor/local.js';
import { configSchema } from '../../../src/config/schema.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { VERSION } from '../../../src/lib/version.js';
import { BROKEN, brief, contextWith } from './context.js';

describe('Node', () => {
  it.each([
    ['20.12.0', 'ok'],
    ['24.1.0', 'ok'],
    ['20.11.1', 'problem'],
    ['18.20.0', 'problem'],
  ])('%s is %s', async (nodeVersion, status) => {
    expect((await checkNode(contextWith({ nodeVersion }))).status).toBe(status);
  });
});

it('says which hugwire it is', async () => {
  expect(brief(await checkVersion(contextWith()))).toEqual([`ok: ${VERSION}, /opt/hugwire/bin/hugwire.js`]);
  const server = { command: 'node', args: ['/home/m/.npm/_npx/1a2b/node_modules/.bin/hugwire', 'serve'] };
  expect(brief(await checkVersion(contextWith({ server })))).toEqual([`ok: ${VERSION}, from the cache of npx`]);
});

describe('the config', () => {
  it('is fine, or all defaults', async () => {
    const context = contextWith({ profile: 'work' });
    expect(brief(await checkConfigFile(context))).toEqual([`ok: ${context.configPath}, profile "work"`]);
    const { config, configPath } = contextWith();
    const loaded = { config, path: configPath, exists: false };
    expect((await checkConfigFile(contextWith({ loaded }))).detail).toContain('all defaults');
  });

  it('that is broken is a problem, with the way out', async () => {
    expect(await checkConfigFile(contextWith({ loaded: BROKEN }))).toMatchObject({
      status: 'problem',
      detail: 'config.json: unknown key "x"',
      advice: 'Correct it.',
    });
  });

  it('that names what is not there is a warning', async () => {
    const config = configSchema.parse({ tools: { disable: ['hub_serach'] } });
    const found = await checkConfigFile(contextWith({ config }));
    expect(found.status).toBe('warning');
    expect(found.detail).toContain('did you mean "hub_search"');
  });
});

it('variables that hold no address are a problem', async () => {
  expect(await checkEnvironment(contextWith())).toEqual([]);
  const said = new HugwireError('invalid_arguments', 'HF_ENDPOINT is "x"; allowed: a URL');
  expect(brief(await checkEnvironment(contextWith({ said })))).toEqual(['problem: HF_ENDPOINT is "x"; allowed: a URL']);
});

describe('the directories', () => {
  it('that are not there yet are fine when they can be made', async () => {
    const context = contextWith();
    const found = await checkDirectories(context);
    expect(found.map(({ id, status }) => [id, status])).toEqual([
      ['directory:config', 'ok'],
      ['directory:cache', 'ok'],
      ['directory:state', 'ok'],
      ['directory:files', 'ok'],
    ]);
    expect(found[0]?.detail).toMatch(new RegExp(`^${context.home}, .* free$`));
    expect(found[1]?.detail).toContain(`${join(context.home, 'cache')} (will be created)`);
  });

  it('below a file are a problem', async () => {
    const context = contextWith();
    writeFileSync(join(context.home, 'files'), '');
    const config = configSchema.parse({ files: { saveTo: join(context.home, 'files', 'deep', 'down') } });
    const found = await checkDirectories({ ...context, config });
    expect(found[3]).toMatchObject({ status: 'problem', advice: expect.stringContaining('files.saveTo') });
    expect(found[3]?.detail).toContain('is a file');
  });

  it.skipIf(process.getuid?.() === 0)('that may not be written are a problem', async () => {
    const context = contextWith();
    mkdirSync(join(context.home, 'state'), { mode: 0o500 });
    const [, , state] = await checkDirectories(context);
    chmodSync(join(context.home, 'state'), 0o700);
    expect(state).toMatchObject({
      status: 'problem',
      detail: `${join(context.home, 'state')} cannot be written: permission denied`,
    });
  });

  it.skipIf(process.platform !== 'linux')('on a file system that takes no files are a problem', async () => {
    const context = contextWith();
    const found = await checkDirectories({ ...context, paths: { ...context.paths, state: '/proc/1/fdinfo/x' } });
    expect(found[2]?.status).toBe('problem');
  });
});
