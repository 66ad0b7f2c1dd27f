import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FAULTS, type Fault, type ScriptedModel, startScriptedModel } from '../doubles/scripted-model.js';
import { hasModes } from '../platform.js';
import { Shell } from './shell.js';

let upstream: ScriptedModel;
let shell: Shell;
beforeAll(async () => {
  upstream = await startScriptedModel();
});
afterAll(() => upstream.close());
beforeEach(() => {
  upstream.play({ text: 'Hello from **the model**.' });
  upstream.requests.length = 0;
  shell = new Shell({ HF_TOKEN: 'hf_abcdefghijklmnopqrstuvwxyz012345' });
  configure({ endpointUrl: upstream.url });
});
afterEach(() => shell.remove());

function configure(assistants: object): void {
  writeFileSync(join(shell.home, 'config.json'), JSON.stringify({ assistants }));
}

const chat = (...args: string[]) => shell.run('chat', ...args);

async function pipe(text: string, ...args: string[]) {
  const { child, ended } = shell.start('chat', ...args);
  child.stdin?.end(text);
  return ended;
}

/** What the user said in a request. */
const said = (at: number) =>
  upstream.requests[at]?.body.messages.filter(({ role }) => role === 'user').map(({ content }) => content);

describe('hugwire chat, once', () => {
  it('prints the answer as the model wrote it, and nothing else', async () => {
    expect(await chat('Hello', 'there')).toEqual({ code: 0, stdout: 'Hello from **the model**.\n', stderr: '' });
    expect(said(0)).toEqual(['Hello there']);
    expect(JSON.stringify(upstream.all)).not.toContain('hf_abc');
  });

  it('takes what is piped in, beside words or alone', async () => {
    await pipe('apples\nbread\n', 'Sum this up');
    await pipe('apples\n');
    expect([said(0), said(1)]).toEqual([['Sum this up\n\napples\nbread'], ['apples']]);
  });

  it('looks for no files in what is piped in', async () => {
    writeFileSync(join(shell.home, 'secret-plans.txt'), 'attack at dawn');
    await pipe(`read ${join(shell.home, 'secret-plans.txt')}`);
    expect(JSON.stringify(upstream.requests[0]?.body)).not.toContain('attack at dawn');
    await chat(`read ${join(shell.home, 'secret-plans.txt')}`);
    expect(JSON.stringify(upstream.requests[1]?.body)).toContain('attack at dawn');
  });

  it('does not wait for a pipe that says nothing and stays open', async () => {
    const { child, ended } = shell.start('chat', 'Hello');
    expect(await ended).toMatchObject({ code: 0 });
    child.stdin?.destroy();
  });

  it('says one line for each tool, apart from the answer', async () => {
    upstream.play(
      { text: 'Let me look. ', calls: [{ name: 'hub_whoami', arguments: {} }] },
      { text: 'You are nobody.' },
    );
    const { code, stdout, stderr } = await chat('Who am I?');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Let me look.\nYou are nobody.\n' });
    expect(stderr).toMatch(/^ {2}(?:ok|failed) hub_whoami {2}[\d.]+ (?:ms|s)\n/);
  });

  it('prints the response with --json, alone', async () => {
    const { code, stdout, stderr } = await chat('Hello', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'hugwire',
      output_text: 'Hello from **the model**.',
      usage: { input_tokens: 20, output_tokens: 5 },
      output: [{ type: 'message', role: 'assistant' }],
    });
  });

  it('does nothing that somebody must agree to, and says how they can', async () => {
    const call = { name: 'space_call', arguments: { space: 'ada/notes', endpoint: '/run' } };
    upstream.play({ calls: [call] });
    const { code, stderr } = await chat('Run it');
    expect(code).toBe(1);
    expect(stderr).toContain('Not run, since you must agree first: space_call {"space":"ada/notes","endpoint":"/run"}');
    expect(stderr).toContain('hugwire config set assistants.tools.space_call allow');
    const json = JSON.parse((await chat('Run it', '--json')).stdout);
    expect(json.output.map(({ type }: { type: string }) => type)).toContain('mcp_approval_request');
  });

  it.each<[Fault, RegExp, string]>([
    ['cut', /^hugwire: unavailable: The answer of .* broke off/m, 'Half of an\n'],
    ['overflow', /too_large: The conversation does not fit/, ''],
    ['credits', /quota_exceeded: .*used up/, ''],
    ['no-tools', /cannot call tools/, ''],
    ['length', /The answer was cut/, 'Half of an\n'],
    ['html', /web page/, ''],
  ])('says what went wrong, keeps what came, and ends with 1: %s', async (fault, stderr, stdout) => {
    upstream.play(FAULTS[fault]);
    expect(await chat('Hello')).toMatchObject({ code: 1, stdout, stderr: expect.stringMatching(stderr) });
  });

  it('ends, however often a model calls tools', async () => {
    configure({ endpointUrl: upstream.url, limits: { steps: 3 } });
    upstream.play(FAULTS.endless);
    const { code, stderr } = await chat('Go on for ever');
    expect(code).toBe(1);
    expect(stderr).toContain('It has used all its steps');
    expect(upstream.requests.length).toBeLessThanOrEqual(4);
  });

  it.each<[string[], RegExp]>([
    [[], /Nothing was said/],
    [['--resume', 'conv_nothing', 'Hello'], /There is no conversation/],
    [['hugwir'], /Did you mean hugwire/],
    [['--model'], /argument missing/],
  ])('refuses what cannot be meant: %j', async (args, stderr) => {
    const outcome = await chat(...args);
    expect(outcome).toMatchObject({ stdout: '', stderr: expect.stringMatching(stderr) });
    expect([1, 2]).toContain(outcome.code);
    expect(upstream.requests).toEqual([]);
  });

  it('says how to come by a model where there is none', async () => {
    configure({ endpointUrl: 'http://127.0.0.1:9/v1', model: 'x' });
    expect(await chat('Hello')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/hugwire: .*\nNext: /),
    });
  });

  it('answers in the demo world, and leaves nothing behind', async () => {
    const before = readdirSync(shell.home);
    const { code, stdout } = await chat('--demo', 'Find a model for speech');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('openai/whisper-large-v3') });
    expect(readdirSync(shell.home)).toEqual(before);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('stops at a signal, and what came so far is kept: %s', async (signal) => {
    upstream.play({ text: 'word '.repeat(2000), slow: 10 });
    const { child, ended } = shell.start('chat', 'Tell me everything');
    child.stdin?.end();
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(stdout).toMatch(/^word/);
    expect(stderr).toContain('Stopped. What was said so far is kept.');
    expect(await upstream.requests[0]?.aborted).toBe(true);
    upstream.play({ text: 'Again.' });
    await chat('--continue', 'And then?');
    const spoken = upstream.requests.at(-1)?.body.messages.find(({ role }) => role === 'assistant');
    expect(spoken?.content).toMatch(/^word[\s\S]*\[stopped here\]$/);
  });
});

describe('a conversation', () => {
  it('goes on where it was, the last one or by its id', async () => {
    const first = JSON.parse((await chat('My name is Alice', '--json')).stdout);
    await chat('Something else');
    await chat('--continue', 'And more');
    expect(said(2)).toEqual(['Something else', 'And more']);
    const id: string = first.conversation.id;
    await chat('--resume', id.slice(0, 12), 'What is my name?');
    expect(said(3)).toEqual(['My name is Alice', 'What is my name?']);
    const again = await chat('--resume', 'conv_', 'x');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('Give more of the id') });
  });

  it('begins where there is none to go on with', async () => {
    const { code, stdout, stderr } = await chat('--continue', 'Hello');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Hello from **the model**.\n' });
    expect(stderr).toContain('a new one begins');
  });

  it('is kept for this user alone, without the token', async () => {
    await chat('Hello');
    const folder = join(shell.home, 'state', 'conversations');
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain('hf_abc');
      if (hasModes) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    }
  });

  it('is with another model where that is asked for', async () => {
    configure({});
    expect(await chat('-m', upstream.url, 'Hello')).toMatchObject({ code: 0 });
    configure({ endpointUrl: upstream.url });
    await chat('-m', 'other', 'Hello');
    expect(upstream.requests.map(({ body }) => body.model)).toEqual(['scripted', 'other']);
    expect(await chat('-m', 'demo', 'hello')).toMatchObject({ code: 0, stdout: expect.stringContaining('Hello.') });
  });
});
