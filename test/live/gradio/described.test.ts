import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../../src/tools/run.js';
import { spaceCall } from '../../../src/tools/space_call.js';
import { spaceInfo } from '../../../src/tools/space_info.js';
import { Shell } from '../../e2e/shell.js';
import { pythonAvailable } from '../python.js';
import { VERSIONS } from './requirements.js';
import { useApp } from './workplace.js';

describe.skipIf(!pythonAvailable()).each(VERSIONS)('an app as people build it, on Gradio %s', (version) => {
  const world = useApp(version, 'described');
  const major = Number(version.split('.')[0]);

  const info = (args: object = {}) => runTool(spaceInfo, { space: world.app.url, ...args }, world.workplace.context());
  const call = (endpoint: string, args: object, session?: string) =>
    runTool(spaceCall, { space: world.app.url, endpoint, arguments: args, session }, world.workplace.context());
  const example = async (endpoint: string) => {
    const { text } = await info({ endpoint });
    return JSON.parse(/Example for space_call: (.*)$/m.exec(text)?.[1] ?? '');
  };

  it("gives the author's own rows as examples, with files that are there", async () => {
    const given = await example('/paint');
    expect(given.arguments).toEqual({
      picture: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+(?:\/gradio_api)?\/file=.*red%20square\.png$/),
      words: 'a fox',
      strength: 0.25,
    });
    expect((await runTool(spaceCall, given, world.workplace.context())).text).toContain('8x8 a fox 0.25');
  });

  it('gives a chat with files a message', async () => {
    const name = version.startsWith('6') ? '/answer' : '/chat';
    const given = await example(name);
    expect(given.arguments.message).toMatchObject({
      text: 'What is this?',
      files: [expect.stringContaining('/file=')],
    });
    const { text, isError } = await runTool(spaceCall, given, world.workplace.context());
    expect(isError, text).toBeFalsy();
    expect(text).toContain("'What is this?' with 1 files");
  });

  it('takes a file object that names a file of the app without its host', async () => {
    const given = await example('/paint');
    const relative = given.arguments.picture.replace(/^http:\/\/[^/]+/, '');
    const picture = {
      path: '/nowhere',
      url: relative,
      orig_name: 'red square.png',
      meta: { _type: 'gradio.FileData' },
    };
    expect((await call('/paint', { ...given.arguments, picture })).text).toContain('8x8');
  });

  it('tells choices that come with an answer, and takes them in that session', async () => {
    const told = await call('/models_of', { kind: 'dogs' }, 'dogs');
    expect(told.text).toContain('model of /pick now takes "beagle", "corgi".');
    expect(told.text).not.toContain('session only');
    expect((await call('/pick', { kind: 'dogs', model: 'CORGI' }, 'dogs')).text).toContain('dogs: corgi (fast)');
    // What was the default is gone in this session; what came in its place stands for it.
    expect((await call('/pick', { kind: 'dogs' }, 'dogs')).text).toContain('dogs: beagle (fast)');
    expect((await call('/pick', {}, 'other')).text).toContain('cats: tabby (fast)');
    const alone = await call('/models_of', { kind: 'dogs' });
    expect(alone.text).toContain('same session="WORD"');
    expect((await call('/models_of', { kind: 'cats' })).text).not.toContain('now takes');
  });

  it('lets the app refuse a choice that it may have by now, and refuses itself what cannot change', async () => {
    const { text } = await call('/pick', { model: 'beagle' });
    // Gradio 4 does not check.
    expect(text).toMatch(major === 4 ? /cats: beagle/ : /Value: beagle is not in the list of choices/);
    expect((await call('/pick', { fixed: 'medium' })).text).toContain('"fixed" must be one of "fast", "slow"');
  });

  it('makes no noise of labels', async () => {
    const { text } = await info();
    expect(text).toContain('/hear(prompt: text, face?: text = "x", value?: number = 3) → text\n');
    expect(text).not.toMatch(/i18n|value_\d|parameter_\d|🙂/);
    expect((await info({ endpoint: '/hear' })).text).toContain('"description":"Your prompt"');
  });

  it('describes 200 inputs in few words, and calls with them', async () => {
    const { text } = await info({ endpoint: '/count' });
    expect(text).toContain('param_0? "Option 0": true|false = false (and 199 more like it: param_1 to param_199)');
    expect(encode(text).length).toBeLessThan(600);
    expect(encode((await info()).text).length).toBeLessThan(1800);
    expect((await call('/count', { param_3: true, param_199: true })).text).toContain('Ticked: 2');
  });

  it('keeps what a browser would keep', async () => {
    expect((await info({ endpoint: '/hold' })).text).toMatch(/\/hold\(words: text\)/);
    const last = major === 4 ? 'own own own' : 'own';
    expect((await call('/hold', { words: 'hi' }, 'b')).text).toContain('hi own');
    if (major > 4) {
      expect((await call('/remember', { words: 'mine' }, 'b')).isError).toBeFalsy();
      expect((await call('/hold', { words: 'hi' }, 'b')).text).toContain('hi mine');
      expect((await call('/hold', { words: 'hi' }, 'c')).text).toContain(`hi ${last}`);
    }
  });

  it('leaves it to the app what counts as text, and refuses what no app takes', async () => {
    const { folder } = world.workplace;
    await writeFile(join(folder, 'code.py'), 'print(1)\n');
    expect((await call('/open_file', { file: join(folder, 'code.py') })).text).toContain('code.py');
    const picture = await call('/open_file', { file: join(folder, 'picture.png') });
    expect(picture.text).toMatch(major === 4 ? /picture\.png/ : /takes text or \.pdf files, not picture\.png/);
  });
});

describe.skipIf(!pythonAvailable()).each(VERSIONS)(
  'a pinned function with choices that change, on Gradio %s',
  (version) => {
    const world = useApp(version, 'described');
    let shell: Shell;
    beforeAll(() => {
      shell = new Shell();
    });
    afterAll(() => shell.remove());

    it('leaves them to the app, and is as approved', async () => {
      const added = await shell.run('spaces', 'add', `${world.app.url}/pick`, '--tool', 'pick', '--yes');
      expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ pick') });
      expect(added.stderr).toContain('such as tabby, manx');
      expect((await shell.run('call', 'pick', 'model=manx')).stdout).toContain('cats: manx (fast)');
      const { stdout, stderr } = await shell.run('call', 'pick', 'model=corgi');
      expect(`${stdout}${stderr}`).toMatch(/cats: corgi|Value: corgi is not in the list of choices/);
      expect((await shell.run('spaces', 'refresh', 'pick', '--check')).code).toBe(0);
    });
  },
);
