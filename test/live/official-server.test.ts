import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { BIN, makeHome } from '../e2e/server-process.js';
import { findFact } from './official/holds.js';
import { LEFT_OUT, QUESTIONS, type Question } from './official/questions.js';
import { npmPackages, packageBin } from './packages.js';
import { freePort } from './ports.js';

const TOKEN = 'hf_demo_read_maya';

const directory = await npmPackages('official-server', { '@llmindset/hf-mcp-server': '0.4.23' });

/** The official server of Hugging Face and hugwire, asked the same questions about the same Hub. */
describe.skipIf(!directory)('beside the official server', () => {
  const home = makeHome();
  const table: Record<string, object> = {};
  const theirs = new Client({ name: 'test', version: '1' });
  const ours = new Client({ name: 'test', version: '1' });
  let hub: DemoHub;
  let env: Record<string, string>;

  beforeAll(async () => {
    hub = await startDemoHub();
    env = { ...(home.env as Record<string, string>), HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN };
    await theirs.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [
          '--import',
          join(import.meta.dirname, 'official', 'redirect.mjs'),
          packageBin(directory as string, '@llmindset/hf-mcp-server', 'hf-mcp-server'),
        ],
        env: {
          ...env,
          HUB_DOUBLE: hub.url,
          CDN_DOUBLE: hub.cdn.url,
          DEFAULT_HF_TOKEN: TOKEN,
          WEB_APP_PORT: String(await freePort()),
        },
        stderr: 'ignore',
      }),
    );
    await ours.connect(
      new StdioClientTransport({ command: process.execPath, args: [BIN, 'serve'], env, stderr: 'ignore' }),
    );
  });

  afterAll(async () => {
    console.table(table);
    await Promise.all([theirs.close(), ours.close()]);
    await hub.close();
    home.remove();
  });

  async function ask(client: Client, [name, args]: Question['ours']): Promise<string> {
    const { content, isError } = await client.callTool({ name, arguments: args });
    const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
    expect(isError, text).toBeFalsy();
    return text;
  }

  /** The typed result of the same call. */
  async function fetchData([name, args]: Question['ours']): Promise<unknown> {
    const command = [BIN, 'call', name, '--args', JSON.stringify(args), '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { env });
    return JSON.parse(stdout);
  }

  it.each(QUESTIONS)('says all that it says of $name, in fewer words', async (question) => {
    const answer = await ask(theirs, question.theirs);
    const text = await ask(ours, question.ours);
    const data = await fetchData(question.ours);
    const leftOut = [...Object.keys(LEFT_OUT), ...(question.leftOut ?? [])];
    const facts = question.read(answer).filter(({ label }) => !leftOut.includes(label));
    const found = facts.map((fact) => ({ fact, where: findFact(fact, { text, data }) }));
    const missing = found.filter(({ where }) => where === undefined).map(({ fact }) => fact);
    const dataOnly = found.filter(({ where }) => where === 'data').map(({ fact }) => fact.label);
    const [theirTokens, ourTokens] = [countTokens(answer), countTokens(text)];
    table[question.name] = {
      theirs: theirTokens,
      ours: ourTokens,
      share: Number((ourTokens / theirTokens).toFixed(2)),
      facts: facts.length,
      'in data only': dataOnly.length,
      missing: missing.length,
    };
    expect(facts.length, answer).toBeGreaterThan(2);
    expect(missing).toEqual([]);
    expect(question.dataOnly ?? []).toEqual(expect.arrayContaining([...new Set(dataOnly)]));
    expect(ourTokens).toBeLessThanOrEqual(theirTokens * (question.share ?? 0.5));
  });
});
