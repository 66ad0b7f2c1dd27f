import { appendFileSync, existsSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Prompts } from '../../../src/commands/prompts.js';
import { pruneCommand } from '../../../src/commands/sessions/command.js';
import { type ListSessionsOptions, listCommand, type SessionsContext } from '../../../src/commands/sessions/list.js';
import { exportCommand, showCommand, tailCommand } from '../../../src/commands/sessions/show.js';
import { formatResult } from '../../../src/commands/terminal.js';
import { localDay, localTime } from '../../../src/lib/time.js';
import type { Entry } from '../../../src/sessions/entries.js';
import { nameSession } from '../../../src/sessions/names.js';
import { END, makeState, place as number, shortSession, writeJournal } from '../../sessions/directory.js';

const OLD = 's_20261101T080000_999999999_aaaaaa';
const NEW = 's_20261120T120000_999999999_bbbbbb';
const NOW = new Date('2026-11-20T15:00:00Z');

let home: ReturnType<typeof makeState>;
let place: SessionsContext;
beforeEach(() => {
  home = makeState();
  place = { directory: home.directory, style: pc.createColors(false), now: NOW };
});
afterEach(() => home.remove());

/** An old session that ended and a newer one that was killed. */
function writeBoth(): string {
  writeJournal(home.directory, OLD, number([...shortSession(OLD), END], Date.UTC(2026, 10, 1, 8)));
  return writeJournal(home.directory, NEW, number(shortSession(NEW)));
}

/** A session of this very process. */
function writeLive(): { id: string; path: string; entries: Entry[] } {
  const id = nameSession(new Date(), process.pid, 0.5);
  const entries = number([...shortSession(id, process.pid), END], Date.now());
  return { id, path: writeJournal(home.directory, id, entries.slice(0, 3)), entries };
}

/** What `show` prints, without the last line end. */
async function show(id: string, options: Parameters<typeof showCommand>[1] = {}, context = place): Promise<string> {
  let text = '';
  for await (const piece of showCommand(id, options, { ...context, note: () => {} })) text += piece;
  return text.replace(/\n$/, '');
}

const clock = (time: string) => localTime(new Date(time));

describe('the list', () => {
  it('is a table, the newest first', async () => {
    writeBoth();
    const { text } = await listCommand({}, place);
    const [heading, fresh, old] = text.split('\n');
    expect(heading).toMatch(/id +started +client +calls +failed +lasted +size/);
    expect(fresh).toMatch(/^ {3}bbbbbb +today +\d\d:\d\d +editor 9 +2 +1 +5 s \(killed\) +\d/);
    expect(old).toMatch(/^ {3}aaaaaa +2026-11-01 \d\d:\d\d +editor 9 +2 +1 +6 s +\d/);
  });

  it('marks what runs', async () => {
    writeLive();
    expect((await listCommand({}, { ...place, now: new Date() })).text).toMatch(/\n● {2}/);
  });

  it.each<[ListSessionsOptions, string[]]>([
    [{}, [NEW, OLD]],
    [{ tool: 'hub_read' }, [NEW, OLD]],
    [{ tool: 'space_call' }, []],
    [{ client: 'EDIT' }, [NEW, OLD]],
    [{ client: 'cursor' }, []],
    [{ errors: true, since: '7d' }, [NEW]],
    [{ errors: true, tool: 'hub_read' }, [NEW, OLD]],
    [{ errors: true, tool: 'hub_search' }, []],
    [{ until: '7d' }, [OLD]],
    [{ limit: 1 }, [NEW]],
  ])('is filtered by %j', async (options, ids) => {
    writeBoth();
    const text = formatResult(await listCommand(options, place), { json: true });
    expect(JSON.parse(text).sessions.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  it('says why it is empty, and how much more there is', async () => {
    expect((await listCommand({}, place)).text).toContain('No session has been recorded');
    writeBoth();
    expect((await listCommand({ client: 'nobody' }, place)).text).toBe('No session matches.');
    await expect(listCommand({ since: 'soon' }, place)).rejects.toMatchObject({ code: 'invalid_arguments' });
    expect((await listCommand({ limit: 1 }, place)).hint).toContain('1 more');
  });
});

describe('one session', () => {
  it('is shown as it went', async () => {
    writeBoth();
    const text = await show('aaa', {});
    expect(text.split('\n')).toEqual([
      localDay(new Date('2026-11-01T08:00:00Z')),
      `${clock('2026-11-01T08:00:00Z')}  ● editor 9, protocol 2025-11-25, hugwire 1.2.3, 2 tools, process 999999999`,
      `${clock('2026-11-01T08:00:01Z')}  ▸ hub_search(query="whisper")`,
      '          ✓ 40 ms (23 B)  openai/whisper-large-v3',
      `${clock('2026-11-01T08:00:03Z')}  ▸ hub_read(uris=["nobody/nothing"])`,
      '          · reading',
      '          ✗ 12 ms (25 B)  not_found: There is none.',
      `${clock('2026-11-01T08:00:06Z')}  ○ ended: end of input; 2 calls, 1 failed`,
    ]);
  });

  it('fits the terminal', async () => {
    writeBoth();
    const long = number([
      { type: 'FunctionCall', tool: 'hub_search', arguments: { query: 'word '.repeat(100) } },
      {
        type: 'FunctionResponse',
        parent: 'e1',
        tool: 'hub_search',
        summary: 'and '.repeat(100),
        bytes: 400,
        milliseconds: 1,
        failed: false,
      },
      { type: 'ToolMessage', kind: 'notice', text: 'note '.repeat(100) },
      { type: 'HumanMessage', text: 'say '.repeat(100) },
    ]);
    writeJournal(home.directory, 's_20261119T120000_999999999_cccccc', long);
    const text = await show('cccccc', {}, { ...place, width: 80 });
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(text.split('\n')[1]?.length).toBeGreaterThan(70);
  });

  it('can be filtered, and be JSON', async () => {
    writeBoth();
    expect(await show('last', { errors: true })).toContain('hub_read');
    expect(await show('last', { errors: true })).not.toContain('hub_search');
    expect(await show('last', { text: 'unheard' })).toBe('No entry matches.');
    const text = await show('last', { tool: 'hub_search', json: true });
    expect(JSON.parse(text)).toMatchObject({ id: NEW, entries: [{ order: 2 }, { order: 3 }] });
  });

  it('keeps together what belongs together, where calls ran side by side', async () => {
    const response = { bytes: 1, milliseconds: 1, failed: false };
    writeJournal(
      home.directory,
      NEW,
      number([
        { type: 'FunctionCall', tool: 'one', arguments: {} },
        { type: 'FunctionCall', tool: 'two', arguments: {} },
        { type: 'FunctionResponse', parent: 'e1', tool: 'one', summary: 'first', ...response },
        { type: 'FunctionResponse', parent: 'e2', tool: 'two', summary: 'second', ...response },
      ]),
    );
    const text = await show('last', {});
    expect(text.match(/one\(\)|two\(\)|first|second/g)).toEqual(['one()', 'first', 'two()', 'second']);
  });

  it('that hostile text is in stays on its lines', async () => {
    writeJournal(
      home.directory,
      NEW,
      number([{ type: 'FunctionCall', tool: 'x\u001b[31m', arguments: { '\u202ea': 'b\nc\u001b]0;t\u0007' } }]),
    );
    const text = await show('last', {});
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(text).not.toMatch(/[\u001b\u202e\u0007]/);
    expect(text.split('\n')).toHaveLength(2);
  });
});

describe('following', () => {
  it('shows what is new, in each session that runs', async () => {
    const { path, entries } = writeLive();
    const lines: string[] = [];
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(10_000)]);
    const print = (line: string) => {
      lines.push(line);
      if (lines.length === 4) for (const entry of entries.slice(3)) appendFileSync(path, `${JSON.stringify(entry)}\n`);
      if (line.includes('ended')) controller.abort();
    };
    await tailCommand(undefined, {}, { ...place, signal, print, note: () => {}, pollMs: 10 });
    expect(lines.join('\n')).toMatch(/● editor.*✓ 40 ms.*▸ hub_read.*✗ 12 ms.*○ ended/s);
    expect(lines).toHaveLength(8);
  });

  it('begins with the last entries, as JSON lines if wanted, and ends with the session', async () => {
    writeBoth();
    const lines: string[] = [];
    const target = {
      ...place,
      signal: AbortSignal.timeout(10_000),
      print: (line: string) => lines.push(line),
      note: () => {},
    };
    await tailCommand('aaa', { lines: 2, json: true }, target as never);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { session: OLD, order: 6 },
      { session: OLD, order: 7 },
    ]);
  });

  it('does not wait for the end of a session that was killed', async () => {
    writeBoth();
    const lines: string[] = [];
    const { signal } = new AbortController();
    const print = (line: string) => void lines.push(line);
    await tailCommand('bbb', { lines: 1 }, { ...place, signal, print, note: () => {} });
    expect(lines.join()).toMatch(/12 ms/);
  });

  it('waits for a session, and says so', async () => {
    const controller = new AbortController();
    const notes: string[] = [];
    const note = (line: string) => {
      notes.push(line);
      controller.abort();
    };
    await tailCommand(undefined, {}, { ...place, signal: controller.signal, print: () => {}, note, pollMs: 10 });
    expect(notes).toEqual([expect.stringContaining('waiting')]);
  });
});

describe('a journal of another version, or of a clock that was set back', () => {
  it('is told to be unreadable, not to be filtered away', async () => {
    writeJournal(home.directory, NEW, number([{ type: 'Unheard' }] as never));
    expect(await show('last', {})).toBe('This version of hugwire cannot read anything in it.');
  });

  it('lasted no less than nothing', async () => {
    const entries = number(shortSession(NEW), Date.UTC(2026, 10, 20, 12));
    entries.push({ ...entries.at(-1), order: 7, time: '2026-11-20T11:00:00.000Z' } as Entry);
    writeJournal(home.directory, NEW, entries);
    expect((await listCommand({}, place)).text).toMatch(/ 0 s \(killed\)/);
  });
});

describe('an export', () => {
  it('is a document for people', async () => {
    writeBoth();
    const { text } = await exportCommand('aaa', { format: 'markdown' }, place);
    expect(text).toContain('# Session aaaaaa\n\n- Session: `s_20261101T080000_999999999_aaaaaa`\n- Client: editor 9');
    expect(text).toContain('`hub_search`\n\n```json\n{\n  "query": "whisper"\n}\n```');
    expect(text).toContain('**Failed (not_found)** in 12 ms');
  });

  it('cannot be broken out of', async () => {
    writeJournal(
      home.directory,
      NEW,
      number([{ type: 'FunctionCall', tool: 'x', arguments: { a: '````\n# no heading' } }]),
    );
    expect((await exportCommand('last', { format: 'markdown' }, place)).text).toContain('`````json');
  });

  it('holds no control character of what a journal says', async () => {
    const [start, , , call, , response] = shortSession(NEW);
    const hostile = { protocol: '2025\u001b[31m\u202e', version: '1\u0000' };
    const failed = { ...response, parent: 'e2', failed: true, error: 'time\u001b[2Jout' };
    writeJournal(home.directory, NEW, number([{ ...start, ...hostile }, call, failed] as never));
    const { text } = await exportCommand('last', { format: 'markdown' }, place);
    expect(text).toContain('- Protocol: 2025\n- hugwire: 1\n');
    expect(text).toContain('**Failed (timeout)**');
  });

  it('goes into a file that was not there, or that may be replaced', async () => {
    writeBoth();
    const output = join(home.state, 'session.json');
    expect(await exportCommand('last', { format: 'json', output }, place)).toMatchObject({ text: output, exitCode: 0 });
    expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({ id: NEW, entries: { length: 6 } });
    const again = exportCommand('aaa', { format: 'json', output }, place);
    await expect(again).rejects.toMatchObject({ code: 'invalid_arguments' });
    await exportCommand('aaa', { format: 'json', output, force: true }, place);
    expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({ id: OLD });
    const nowhere = exportCommand('aaa', { format: 'json', output: join(output, 'x') }, place);
    await expect(nowhere).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('pruning', () => {
  const asking = (answer: boolean, questions: string[] = []) =>
    ({
      confirm: async (message: string) => {
        questions.push(message);
        return answer;
      },
    }) as Prompts;

  /** Of a process that was killed a moment ago, nobody knows whether it still runs somewhere. */
  const rest = (path: string) => {
    const past = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(path, past, past);
  };

  it('asks first, and takes no for an answer', async () => {
    const path = writeBoth();
    rest(path);
    const questions: string[] = [];
    const options = { all: true };
    const no = await pruneCommand(options, { ...place, now: new Date(), prompts: asking(false, questions) }, 30);
    expect(no.text).toBe('Nothing was removed.');
    expect(questions).toEqual([expect.stringMatching(/^Remove 2 sessions \(\d.*\)\?$/)]);
    expect(existsSync(path)).toBe(true);
    await expect(pruneCommand(options, { ...place, now: new Date() }, 30)).rejects.toMatchObject({
      code: 'invalid_arguments',
    });
    expect(existsSync(path)).toBe(true);
    const yes = await pruneCommand(options, { ...place, now: new Date(), prompts: asking(true) }, 30);
    expect(yes.text).toContain('Removed 2 sessions');
    expect(existsSync(path)).toBe(false);
  });

  it('takes one age, not two', async () => {
    const path = writeBoth();
    rest(path);
    const both = pruneCommand({ all: true, olderThan: '7d', yes: true }, { ...place, now: new Date() }, 30);
    await expect(both).rejects.toMatchObject({ code: 'invalid_arguments' });
    expect(existsSync(path)).toBe(true);
  });

  it('leaves alone what runs, and what is not old', async () => {
    const killed = writeBoth();
    const { path } = writeLive();
    const now = new Date();
    expect((await pruneCommand({ yes: true }, { ...place, now }, 30)).text).toBe('Nothing to remove.');
    expect((await pruneCommand({ yes: true, olderThan: '1h' }, { ...place, now }, 30)).text).toBe('Nothing to remove.');
    rest(killed);
    const result = await pruneCommand({ yes: true, all: true }, { ...place, now }, 30);
    expect(JSON.parse(formatResult(result, { json: true })).sessions).toEqual([NEW, OLD]);
    expect(result.note).toContain('1 session kept, since still running');
    expect(existsSync(path)).toBe(true);
  });
});
