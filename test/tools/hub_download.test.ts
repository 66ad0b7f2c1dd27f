import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { Downloads } from '../../src/hub/download/downloads.js';
import { ProposalStore } from '../../src/sessions/proposals.js';
import { hubDownload } from '../../src/tools/hub_download.js';
import { hubWhoami } from '../../src/tools/hub_whoami.js';
import type { Question, ToolContext } from '../../src/tools/tool.js';
import { applyProposal } from '../../src/tools/writing.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { callTool, connect } from './context.js';

let root: string;
let demo: DemoHub;
let downloads: Downloads;
let proposals: ProposalStore;
let questions: Question[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hugwire-hub-download-'));
  demo = await startDemoHub();
  downloads = new Downloads(join(root, 'records'), { cache: join(root, 'cache'), useLinks: true });
  proposals = new ProposalStore(join(root, 'proposals'));
  questions = [];
});
afterEach(async () => {
  await downloads.close();
  await demo.close();
  await rm(root, { recursive: true, force: true });
});

interface Setting {
  config?: object;
  /** What the user ticks; unset: nobody can be asked. */
  agree?: boolean;
  signal?: AbortSignal;
}

function contextFor({ config = {}, agree, signal }: Setting): Partial<ToolContext> {
  return {
    config: configSchema.parse({ files: { saveTo: join(root, 'saved') }, ...config }),
    downloads: async () => downloads,
    proposals: async () => proposals,
    ask:
      agree === undefined
        ? undefined
        : async (question) => {
            questions.push(question);
            return { action: 'accept', values: { agree } };
          },
    ...(signal && { signal }),
  };
}

const hub = () => connect(demo.url, 'hf_demo_write_maya');
const download = (args: object, setting: Setting = {}) =>
  callTool(hubDownload, args, hub(), contextFor(setting)) as Promise<{
    text: string;
    // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
    data: any;
    isError?: boolean;
  }>;
const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
const VOICE = { repo: 'hexgrad/Kokoro-82M', files: ['voices/af_heart.pt'] };

describe('hub_download', () => {
  it('fetches what is small unasked, and says where it is and how to load it', async () => {
    const { text, data } = await download({ repo: 'openai-community/gpt2', files: ['*.json', 'README.md'] });
    expect(text).toContain('Downloaded');
    expect(data.state).toBe('done');
    expect(JSON.parse(await readFile(join(data.path, 'config.json'), 'utf8'))).toHaveProperty('model_type');
    expect(questions).toEqual([]);
  });

  it.each([
    ['an address of the file', { repo: 'https://huggingface.co/hexgrad/Kokoro-82M/blob/main/voices/af_heart.pt' }],
    ['a path', { repo: 'hexgrad/Kokoro-82M/voices/af_heart.pt' }],
    ['a text for a list', { repo: VOICE.repo, files: 'voices/af_heart.pt' }],
    ['names that other libraries have', { repo_id: VOICE.repo, allow_patterns: ['voices/af_*'] }],
  ])('takes %s', async (_, args) => {
    const { data } = await download(args);
    expect(data.files).toEqual([{ path: 'voices/af_heart.pt', size: 523_425 }]);
  });

  it.each<[what: string, askAbove: number | string, asked: number]>([
    ['above the limit', '500 kB', 1],
    ['below it', '1 MB', 0],
    ['always at 0', 0, 1],
    ['by megabytes', 1, 0],
  ])('asks %s', async (_, askAbove, asked) => {
    await download(VOICE, { config: { download: { askAbove } }, agree: true });
    expect(questions).toHaveLength(asked);
  });

  it('asks with all that is to be known, and fetches nothing at a no', async () => {
    const { text } = await download(VOICE, { config: { download: { askAbove: 0 } }, agree: false });
    expect(text).toContain('nothing was changed');
    expect(demo.cdn.seen).toEqual([]);
    expect(questions[0]?.message).toMatch(
      /^Your assistant asks to download 1 file \(523 kB\) of the model hexgrad\/Kokoro-82M .*Licence: apache-2.0.*To fetch: 523 kB; .* free there.*voices\/af_heart\.pt \(523 kB\)/s,
    );
  });

  it('keeps it as a proposal where nobody can be asked, which is applied as it was shown', async () => {
    const config = { download: { askAbove: 0 } };
    const { data } = await download(VOICE, { config });
    expect(data.state).toBe('proposed');
    expect(demo.cdn.seen).toEqual([]);
    const ctx = {
      signal: new AbortController().signal,
      progress: () => {},
      ...contextFor({ config }),
      hub: hub(),
    } as ToolContext;
    const proposal = await proposals.get(data.proposal);
    await applyProposal(proposal, hubDownload, ctx, () => proposals.remove(proposal.id));
    expect(demo.cdn.seen.length).toBeGreaterThan(0);
  });

  it('tells only, in a dry run', async () => {
    const { text, data } = await download(VOICE, { config: { tools: { dryRun: true } } });
    expect(text).toMatch(/^Dry run: nothing was done\.\ndownload 1 file/);
    expect(data.dryRun).toBe(true);
    expect(await isThere(join(root, 'cache'))).toBe(false);
  });

  it('is off for guests', async () => {
    const { text, isError } = await callTool(hubDownload, VOICE, hub(), {});
    expect([isError, text]).toEqual([true, expect.stringContaining('not yours')]);
  });

  describe('to a directory', () => {
    it('below files.saveTo needs no question', async () => {
      const { data } = await download({ ...VOICE, to: 'voices' }, { agree: true });
      expect(data.path).toBe(join(root, 'saved', 'voices', 'voices', 'af_heart.pt'));
      expect(questions).toEqual([]);
    });

    it('that the config allows needs none', async () => {
      const to = join(root, 'project', 'models');
      await download({ ...VOICE, to }, { config: { download: { allow: [join(root, 'project')] } }, agree: true });
      expect(questions).toEqual([]);
      expect(await isThere(join(to, 'voices', 'af_heart.pt'))).toBe(true);
    });

    it('elsewhere is asked about, however small', async () => {
      const to = join(root, 'elsewhere');
      const { text } = await download({ ...VOICE, to }, { agree: false });
      expect(questions[0]?.message).toContain(`To: ${to}`);
      expect(text).toContain('nothing was changed');
      expect(await isThere(to)).toBe(false);
    });

    it.each(['../escape', 'a/../../escape', '/etc/../tmp/x'])('%s is read as it is meant', async (to) => {
      await download({ ...VOICE, to }, { agree: false });
      const inside = !to.startsWith('/');
      expect(questions).toHaveLength(inside ? 0 : 1);
      expect(await isThere(join(root, 'escape'))).toBe(false);
    });

    it.each([
      ['elsewhere', 'through a link is asked about with its true name'],
      ['.hidden', 'that is hidden behind a link is refused'],
    ])('%s %s', async (name) => {
      await mkdir(join(root, name));
      await mkdir(join(root, 'saved'));
      await symlink(join(root, name), join(root, 'saved', 'innocent'));
      const { text } = await download({ ...VOICE, to: 'innocent/voices' }, { agree: false });
      if (name === 'elsewhere') expect(questions[0]?.message).toContain(`To: ${join(root, name, 'voices')}`);
      else expect(text).toContain('hidden');
      expect(await readdir(join(root, name))).toEqual([]);
    });

    it('that was agreed to is asked about again when a file of the user has come into the way', async () => {
      const large = { repo: 'hugwire/tool-router-lora', files: ['adapter_model.safetensors'], to: 'lora' };
      demo.addFault({ path: /\/blobs\//, drop: 'middle' });
      const { data } = await download(large, { config: { spaces: { waitSeconds: 0 } } });
      await downloads.get(data.job)?.stop();
      await writeFile(join(root, 'saved', 'lora', 'adapter_model.safetensors'), 'my own');
      downloads = new Downloads(join(root, 'records'), downloads.settings);
      await download({ job: data.job }, { agree: false });
      expect(questions[0]?.message).toContain(
        'replaces files that hugwire did not put there: adapter_model.safetensors',
      );
      expect(await readFile(join(root, 'saved', 'lora', 'adapter_model.safetensors'), 'utf8')).toBe('my own');
    });

    it('is asked about, however small, when hidden files come that programs act on', async () => {
      const row = (path: string) => ({ type: 'file', path, size: 6, oid: 'ce013625030ba8dba906f756967f9e9ca394464a' });
      const rows = ['.gitattributes', 'README.md', ...Array.from({ length: 30 }, (_, at) => `a${at}`)].map(row);
      const list = (paths: string[]) => ({ status: 200, body: JSON.stringify([...rows, ...paths.map(row)]) });
      const headers = { 'Content-Type': 'application/json' };
      demo.addFault({ path: /\/tree\//, response: { ...list(['.vscode/tasks.json', 'z/.envrc']), headers } });
      demo.addFault({ path: /\/resolve\//, response: { status: 200, body: 'hello\n' } });
      await download({ repo: 'hexgrad/Kokoro-82M', to: 'x' }, { agree: false });
      expect(questions[0]?.message).toMatch(
        /hidden files, which programs may act on: \.vscode\/tasks\.json, z\/\.envrc\./,
      );
      expect(await isThere(join(root, 'saved', 'x'))).toBe(false);
      await download({ repo: 'hexgrad/Kokoro-82M', files: ['README.md', '.gitattributes'], to: 'x' }, { agree: false });
      await download({ repo: 'hexgrad/Kokoro-82M', files: ['.vscode/*'] }, { agree: false });
      expect(questions).toHaveLength(1);
    });

    it.each(['~/.ssh', '/root/.config/x', 'a/.git/hooks'])('that is hidden is refused: %s', async (to) => {
      const { text, isError } = await download({ ...VOICE, to }, { agree: true });
      expect([isError, text]).toEqual([true, expect.stringContaining('hidden')]);
      expect(questions).toEqual([]);
    });
  });

  describe('as a job', () => {
    const slow = { config: { spaces: { waitSeconds: 0 } } };

    it('goes on after the call, is followed by its id, and asked for twice runs once', async () => {
      demo.addFault({ path: /\/blobs\//, delayMs: 300, times: 1 });
      const { text, data } = await download(VOICE, slow);
      expect(text).toContain(`hub_download job="${data.job}"`);
      expect(data.state).toBe('running');
      const again = await download(VOICE, slow);
      expect(again.data.job).toBe(data.job);
      expect((await download({ job: data.job })).data.state).toBe('done');
      expect(demo.cdn.seen.filter(({ method }) => method === 'GET')).toHaveLength(1);
    });

    it('is stopped, told by hub_whoami, and gone on with by another server without a second question', async () => {
      const large = { repo: 'hugwire/tool-router-lora', files: ['adapter_model.safetensors'] };
      const clear = demo.addFault({ path: /\/blobs\//, drop: 'middle' });
      const asking = { config: { spaces: { waitSeconds: 0 }, download: { askAbove: 0 } }, agree: true };
      const { data } = await download(large, asking);
      while ((downloads.get(data.job)?.done ?? 0) === 0) await new Promise((wake) => setImmediate(wake));
      expect((await download({ job: data.job, cancel: true })).data.state).toBe('stopped');
      clear();
      const told = await callTool(hubWhoami, {}, hub(), contextFor({}));
      expect(told.text).toContain(`Download ${data.job}:`);
      // As after a new start.
      downloads = new Downloads(join(root, 'records'), downloads.settings);
      const after = await download({ job: data.job }, { ...asking, config: { download: { askAbove: 0 } } });
      expect(after.data.state).toBe('done');
      expect(questions).toHaveLength(1);
      expect(await readdir(join(root, 'records'))).toEqual([]);
    });

    it('says so, and asks, when its revision has moved since', async () => {
      demo.addFault({ path: /\/blobs\//, drop: 'middle' });
      const asking = { config: { spaces: { waitSeconds: 0 }, download: { askAbove: 0 } } };
      const { data } = await download(VOICE, { ...asking, agree: true });
      await downloads.get(data.job)?.stop();
      const record = JSON.parse(await readFile(join(root, 'records', `${data.job}.json`), 'utf8'));
      await rm(join(root, 'records', `${data.job}.json`));
      const old = { ...record, id: 'd_0123456789ab', commit: 'f'.repeat(40) };
      await writeFile(join(root, 'records', `${old.id}.json`), JSON.stringify(old));
      downloads = new Downloads(join(root, 'records'), downloads.settings);
      questions = [];
      await download({ job: old.id }, { ...asking, agree: false });
      expect(questions[0]?.message).toContain('main has moved since d_0123456789ab began with commit ffffffff.');
      await download({ job: old.id }, { ...asking, agree: true });
      await downloads.get(data.job)?.stop();
      expect((await downloads.records()).map(({ id }) => id)).toEqual([data.job]);
    });

    it('stops when the call that began it is cancelled, and keeps what has come', async () => {
      demo.addFault({ path: /\/blobs\//, hang: true });
      const controller = new AbortController();
      const call = download(VOICE, { signal: controller.signal });
      while (downloads.running().length === 0) await new Promise((wake) => setImmediate(wake));
      controller.abort();
      expect((await call).data.error.code).toBe('cancelled');
      expect(downloads.running()).toEqual([]);
      expect(await downloads.records()).toHaveLength(1);
    });

    it('of an id that is not there says what to do', async () => {
      const { text } = await download({ job: 'd_000000000000' });
      expect(text).toMatch(/There is no download d_000000000000.*hub_download with the repo/s);
    });
  });
});
