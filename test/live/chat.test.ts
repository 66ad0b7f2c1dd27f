import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BIN, makeHome } from '../e2e/server-process.js';
import { pythonAvailable } from './python.js';

/** Runs a program on a terminal of 80 columns, which Python makes. */
const ON_TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp('sh', ['sh', '-c', 'stty cols 80 rows 40; exec "$@"', 'sh', *sys.argv[1:]])
import select
while True:
    ready, _, _ = select.select([fd, 0], [], [])
    try:
        if fd in ready:
            data = os.read(fd, 65536)
            if not data: break
            os.write(1, data)
    except OSError:
        break
    if 0 in ready:
        typed = os.read(0, 65536)
        if not typed: break
        os.write(fd, typed)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const canRun = process.platform !== 'win32' && pythonAvailable();

describe.skipIf(!canRun)('hugwire chat in a terminal', () => {
  let home: ReturnType<typeof makeHome>;
  let child: ChildProcessWithoutNullStreams;
  let raw = '';
  beforeEach(() => {
    home = makeHome({ TERM: 'xterm-256color', CI: undefined });
    // What the demo draws is kept below it.
    Object.assign(home.env, { TMPDIR: home.home });
    raw = '';
  });
  afterEach(async () => {
    if (child.exitCode === null) {
      const gone = once(child, 'close');
      child.kill();
      await gone;
    }
    home.remove();
  });

  function start(env: NodeJS.ProcessEnv = {}, ...args: string[]): void {
    child = spawn('python3', ['-c', ON_TERMINAL, process.execPath, BIN, 'chat', ...args], {
      env: { ...home.env, ...env },
    });
    child.stdout.on('data', (chunk) => (raw += chunk));
  }
  const shown = () => stripVTControlCharacters(raw);
  /** Waits until something stands there, from a place on. */
  const see = async (text: string | RegExp, from = 0) => {
    const wanted = typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text);
    await expect.poll(() => shown().slice(from), { timeout: 15_000, interval: 30 }).toEqual(wanted);
  };
  const type = (keys: string) => child.stdin.write(keys);
  /** Waits for the next prompt. @returns where the screen ends then */
  const prompted = async (from: number) => {
    await see(/\n[›>] $/, from);
    return shown().length;
  };
  const ended = async () => (child.exitCode === null ? ((await once(child, 'exit'))[0] as number) : child.exitCode);

  it('answers, asks before it acts, stops at Ctrl-C, and leaves at Ctrl-D', async () => {
    start({}, '--demo');
    await see('› ');
    type('Find a model for speech\r');
    await see(/✓ hub_search query=whisper limit=3 {2}\d+ ms/);
    await see('Shall I tell you more');
    let from = await prompted(0);
    type('Draw a mountain\r');
    await see('Agree?', from);
    expect(shown().slice(from)).toMatch(/\? space_call\r?\n[\s\S]*hugwire\/demo-space/);
    type('n');
    await see('You did not agree', from);
    from = await prompted(from);
    type('Draw a mountain\r');
    await see('Agree?', from);
    type('y');
    await see(/✓ space_call [\s\S]*demo-space_mountain_1\.png/, from);
    from = await prompted(from);
    type('Tell me a long story\r');
    await see('3. Line 3', from);
    type('\x03');
    await see('Stopped. What was said so far is kept.', from);
    expect(shown().slice(from)).not.toContain('60. Line');
    from = await prompted(from);
    type('My name is Ada\r');
    await see('Nice to meet you, Ada', from);
    from = await prompted(from);
    type('/undo\r');
    await see('Taken back: My name is Ada', from);
    from = await prompted(from);
    type('What is my name?\r');
    await see('You have not told me your name', from);
    type('\x04');
    expect(await ended()).toBe(0);
    // The demo world is gone, and the conversation with it.
    expect(shown()).not.toContain('To go on');
    // Nothing but ends of lines, and a cursor that is shown again.
    expect(raw.lastIndexOf('\x1b[?25l')).toBeLessThanOrEqual(raw.lastIndexOf('\x1b[?25h'));
  });

  it('leaves at the second Ctrl-C within two seconds, whatever it is doing', async () => {
    start({}, '-m', 'demo');
    await see('› ');
    type('Tell me a long story\r');
    await see('2. Line 2');
    type('\x03\x03');
    await see('To go on: hugwire chat --resume conv_');
    expect(await ended()).toBe(0);
  });

  it('needs neither colours nor a terminal that can draw', async () => {
    start({ TERM: 'dumb' }, '--demo');
    await see('> ');
    type('Draw a mountain\r');
    await see('Agree? (y/n, Enter is n)');
    type('y\r');
    await see(/ok space_call .*\d ms/);
    await see('demo-space_mountain_1.png');
    await prompted(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what draws
    expect(raw).not.toMatch(/\x1b/);
    for (const line of raw.split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(120);
    type('/exit\r');
    expect(await ended()).toBe(0);
  });

  it('has no colours where nobody wants any', async () => {
    start({ NO_COLOR: '1' }, '--demo');
    await see('› ');
    type('Find a model for speech\r');
    await see('Shall I tell you more');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
    expect(raw).not.toMatch(/\x1b\[[0-9;]*m/);
    type('\x04');
    expect(await ended()).toBe(0);
  });
});
