import { describe, expect, it } from 'vitest';
import { runTool } from '../../../src/tools/run.js';
import { spaceCall } from '../../../src/tools/space_call.js';
import { spaceInfo } from '../../../src/tools/space_info.js';
import { Shell } from '../../e2e/shell.js';
import { pythonAvailable } from '../python.js';
import { VERSIONS } from './requirements.js';
import { useApp } from './workplace.js';

describe.skipIf(!pythonAvailable()).each(VERSIONS)('how the page uses its functions, on Gradio %s', (version) => {
  const world = useApp(version, 'wired');

  const call = (input: Record<string, unknown>) =>
    runTool(spaceCall, { space: world.app.url, ...input }, world.workplace.context());

  it('space_info tells chains, hidden state, and what needs a click, which comes last', async () => {
    const { text } = await runTool(spaceInfo, { space: world.app.url }, world.workplace.context());
    const about = (name: string) => new RegExp(`^${name}\\([^]*?(?=\\n/|\\nNext)`, 'm').exec(text)?.[0];
    expect(about('/user')).toMatch(/^ {2}The page runs it, then \/bot\.$/m);
    expect(about('/bot')).not.toContain('then');
    expect(about('/go_on')).toMatch(/^ {2}It uses what \/begin left in the same session/m);
    expect(about('/begin')).toContain('It keeps hidden state (also used by /go_on): calls with the same');
    expect(about('/vote')).toContain('It needs a click in the page (like), which no call can make.');
    const order = [...text.matchAll(/^(\/\w+)\(/gm)].map(([, name]) => name);
    expect(order.slice(-2).sort()).toEqual(['/pick', '/vote']);
    expect(order.slice(-5, -2).sort()).toEqual(['/clear_chat', '/hello', '/lambda']);
  });

  it('a function that needs a click says so when it fails', async () => {
    for (const endpoint of ['/vote', '/pick']) {
      const { text, isError } = await call({ endpoint });
      expect(isError).toBe(true);
      expect(text).toMatch(/Next: It needs a click in the page \(\w+\), which no call can make\./);
    }
  });

  it('state goes from function to function within a session; without one, both say what is missing', async () => {
    const lost = await call({ endpoint: '/go_on' });
    expect(lost.isError).toBe(true);
    expect(lost.text).toContain('It uses what /begin left in the same session');
    const alone = await call({ endpoint: '/begin', arguments: { topic: 'Rain' } });
    expect(alone.text).toContain('What it left for /go_on is lost, as no session was given');
    const begun = await call({ endpoint: '/begin', arguments: { topic: 'Rain' }, session: 'mine' });
    expect(begun.text).not.toContain('lost');
    expect((await call({ endpoint: '/go_on', session: 'mine' })).text).toContain('Rain, line 2');
  });

  it('the first step of a chain names the next', async () => {
    const { text } = await call({ endpoint: '/user', arguments: { message: 'Hi', history: [] } });
    expect(text).toContain('The page now runs /bot: call that for the rest of the work.');
  });

  it('without an endpoint, the arguments may tell which is meant; where they do not, none is run', async () => {
    expect((await call({ arguments: { topic: 'Snow' } })).text).toContain('Snow, line 1');
    const both = await call({ arguments: { text: 'abc' } });
    expect(both).toMatchObject({ isError: true, text: expect.stringContaining('none was run') });
    const offered = [...both.text.matchAll(/^space_call (\{.*\}) gives “Result”$/gm)].map(([, json = '']) => json);
    expect(offered.map((json) => JSON.parse(json).endpoint)).toEqual(['/encode', '/decode']);
    for (const json of offered) expect((await call(JSON.parse(json))).isError).not.toBe(true);
  });

  it('a seed that is named counts, unless chance is asked for as well', async () => {
    const drawn = async (args: object) => (await call({ arguments: { prompt: 'a cat', ...args } })).text;
    expect(await drawn({ seed: 7 })).toContain('a cat with 7');
    expect(await drawn({})).toMatch(/a cat with \d{4}/);
    expect(await drawn({ seed: 7, randomize_seed: true })).toMatch(/a cat with \d{4}/);
  });

  it('so it does in the tool of a pinned Space', async () => {
    const shell = new Shell();
    try {
      const added = await shell.run('spaces', 'add', `${world.app.url}/draw`, '--tool', 'draw', '--yes');
      expect(added.code).toBe(0);
      expect((await shell.run('call', 'draw', 'prompt=a cat', 'seed=7')).stdout).toContain('a cat with 7');
      expect((await shell.run('call', 'draw', 'prompt=a cat')).stdout).toMatch(/a cat with \d{4}/);
    } finally {
      shell.remove();
    }
  });

  it('spaces add --yes pins none of several that may be meant', async () => {
    const shell = new Shell();
    try {
      const added = await shell.run('spaces', 'add', world.app.url, '--yes');
      expect(added.code).not.toBe(0);
      expect(added.stderr).toMatch(/has \d+ endpoints: name one\.\nNext: hugwire spaces add \S+\/user --yes/);
    } finally {
      shell.remove();
    }
  });
});
