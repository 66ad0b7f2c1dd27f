import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ApiServer, startDemoApi, startScriptedApi } from '../../e2e/api-server.js';
import { browserAvailable, openBrowser } from '../browser.js';
import { npmPackages } from '../packages.js';
import { freePort } from '../ports.js';
import { pythonAvailable, pythonEnv } from '../python.js';

/** The front ends of docs/assistants.md, run as they stand there, with the address and the key of this server. */
const TEXT = readFileSync(join(import.meta.dirname, '../../../docs/assistants.md'), 'utf8');
function snippet(language: string, name: string, { base, key } = api): string {
  const found = [...TEXT.matchAll(/^```(\S+) (\S+)\n([\s\S]*?)^```$/gm)].filter(
    ([, fenced, named]) => fenced === language && named === name,
  );
  expect(found, name).toHaveLength(1);
  return (found[0]?.[3] ?? '').replaceAll('http://127.0.0.1:3000/v1', base).replaceAll(/\bKEY\b/g, key);
}

const packages = await npmPackages('front-ends', { openai: '6.49.0', ai: '6.0.326', '@ai-sdk/openai': '3.0.141' });
const hasPython = pythonAvailable();
const hasBrowser = browserAvailable();

let api: ApiServer;
let folder: string;
let browser: Browser | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hugwire-front-ends-'));
  api = await startDemoApi();
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

const env = { PATH: process.env.PATH, HOME: process.env.HOME, GRADIO_ANALYTICS_ENABLED: 'False', HF_HUB_OFFLINE: '1' };

/** Runs a program to its end. @returns what it printed */
const run = (command: string, args: string[], input?: string, cwd = folder) =>
  new Promise<string>((resolve, reject) => {
    const child = execFile(command, args, { cwd, env, timeout: 90_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout),
    );
    child.stdin?.end(input);
  });

it('curl', async () => {
  writeFileSync(join(folder, 'curl.sh'), snippet('bash', 'curl'));
  const told = await run('bash', ['curl.sh']);
  expect(told).toContain('event: response.completed');
  expect(told).toContain('openai/whisper-large-v3');
});

it('one request of a no-code tool', async () => {
  const { method, url, headers, body } = JSON.parse(snippet('json', 'request'));
  const ask = async (input: string) =>
    (
      (await (await fetch(url, { method, headers, body: JSON.stringify({ ...body, input }) })).json()) as {
        output_text: string;
      }
    ).output_text;
  expect(await ask(body.input)).toContain('Ada');
  expect(await ask('What is my name?')).toBe('Your name is Ada.');
});

describe.skipIf(!packages)('JavaScript', () => {
  const runScript = async (name: string) => {
    const directory = packages as string;
    // Beside the packages, where Node looks for them.
    const path = join(directory, `${name}-${process.pid}.mjs`);
    writeFileSync(path, snippet('js', name));
    try {
      return await run(process.execPath, [path]);
    } finally {
      rmSync(path);
    }
  };
  it('openai', async () => {
    expect(await runScript('openai')).toContain('Your name is Ada.');
  });
  it('the AI SDK', async () => {
    expect(await runScript('ai')).toContain('openai/whisper-large-v3');
  });
});

describe.skipIf(!hasPython)('Python', () => {
  let python: string;
  const started: ChildProcess[] = [];
  beforeAll(async () => {
    python = await pythonEnv('gradio-openai', ['gradio==6.31.0', 'openai==3.57.0']);
  });
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
  });
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return name;
  };
  /** Starts an app, and waits until it answers. */
  const startApp = async (script: string) => {
    const port = await freePort();
    const child = spawn(python, [script], {
      cwd: folder,
      env: { ...env, PORT: String(port), GRADIO_SERVER_PORT: String(port) },
      stdio: 'ignore',
    });
    started.push(child);
    const url = `http://127.0.0.1:${port}/`;
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(200), { timeout: 60_000, interval: 200 });
    return url;
  };

  it('openai', async () => {
    const told = await run(python, [write('openai_.py', snippet('python', 'openai'))]);
    expect(told).toContain('openai/whisper-large-v3');
    expect(told).toContain('Your name is Ada.');
  });

  it('e-mail', async () => {
    const script = write('mail.py', snippet('python', 'mail'));
    const mail = (words: string) =>
      `From: "Ada L." <Ada@Example.org>\nTo: bot@example.org\nSubject: Hello\nMessage-ID: <1@example.org>\nContent-Type: text/plain\n\n${words}\n`;
    const first = await run(python, [script], mail('My name is Ada'));
    expect(first).toMatch(/^To: Ada@Example.org\nSubject: Re: Hello\nIn-Reply-To: <1@example.org>\n/);
    expect(await run(python, [script], mail('What is my name?'))).toContain('Your name is Ada.');
    expect((await api.ask('/conversations/ada@example.org')).body.id).toBe('ada@example.org');
  });

  it('voice, from a Space that hears to one that speaks', async () => {
    const app = await startApp(join(import.meta.dirname, 'voice.py'));
    const script = snippet('python', 'voice').replaceAll(/owner\/(?:hears|speaks)/g, app);
    const sound = join(folder, 'My_name_is_Ada.wav');
    // 8 bits, 8 kHz, a moment of silence.
    const header = Buffer.alloc(44);
    header.write('RIFF');
    header.writeUInt32LE(836, 4);
    header.write('WAVEfmt ', 8);
    header.writeUInt32LE(16, 16);
    for (const [at, value] of [
      [20, 1],
      [22, 1],
      [32, 1],
      [34, 8],
    ] as const)
      header.writeUInt16LE(value, at);
    for (const [at, value] of [
      [24, 8000],
      [28, 8000],
      [40, 800],
    ] as const)
      header.writeUInt32LE(value, at);
    header.write('data', 36);
    writeFileSync(sound, Buffer.concat([header, Buffer.alloc(800, 128)]));
    const told = await run(python, [write('voice_.py', script), sound]);
    expect(told).toMatch(/My name is Ada → .*Ada/);
    const spoken = told.trim().split('\n').at(-1) ?? '';
    expect(readFileSync(spoken).subarray(0, 4).toString()).toBe('RIFF');
  });

  it.skipIf(!hasBrowser)("Gradio's chat page, turn by turn", async () => {
    const url = await startApp(write('chat.py', snippet('python', 'gradio')));
    const tab = await (browser as Browser).newPage();
    await tab.goto(url);
    const box = tab.locator('textarea').first();
    for (const [words, answer] of [
      ['Find a whisper model', 'openai/whisper-large-v3'],
      ['My name is Ada', 'Nice to meet you, Ada.'],
      ['What is my name?', 'Your name is Ada.'],
    ] as const) {
      await box.fill(words);
      await box.press('Enter');
      await tab.getByText(answer).last().waitFor({ timeout: 30_000 });
    }
    const shown = await tab.locator('body').textContent();
    // What tools answer is not part of what the assistant says.
    expect(shown).not.toContain('id | task');
    await tab.close();
  });
});

it.skipIf(!hasBrowser)('a web page of its own, where its origin is allowed, and nowhere else', async () => {
  const site = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html').end(snippet('html', 'page', server));
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const { port } = site.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const config = { assistants: { model: 'demo' }, http: { origins: [origin] } };
  const server = await startScriptedApi({ config });
  const open = async (from: string) => {
    const tab = await (browser as Browser).newPage();
    await tab.goto(from);
    const ask = async (words: string, key = server.key) => {
      await tab.locator('[name=key]').fill(key);
      await tab.locator('[name=words]').fill(words);
      await tab.locator('button').click();
    };
    return { tab, ask };
  };
  const stranger = await open(`http://localhost:${port}`);
  const failed = stranger.tab.waitForEvent('pageerror');
  await stranger.ask('My name is Ada');
  expect((await failed).message).toContain('fetch');
  expect((await server.ask('/conversations')).body.data).toEqual([]);
  const { tab, ask } = await open(origin);
  await ask('My name is Ada');
  await tab.getByText('Nice to meet you, Ada.').waitFor();
  await ask('What is my name?');
  await tab.getByText('Your name is Ada.').waitFor();
  await ask('hi', 'wrong');
  await tab.getByText('This is not a key of this server').waitFor();
  await server.close();
  site.close();
});
