import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeSkill, renderSkill, skillPath } from '../../src/commands/skill.js';
import { CLIENTS } from '../../src/install/clients.js';
import { getClient } from '../../src/install/find.js';
import type { Machine } from '../../src/install/machine.js';
import { DEFAULT_LOCK } from '../../src/spaces/lock.js';
import { TOOLS } from '../../src/tools/index.js';
import { OPT_IN } from '../../src/tools/tool.js';

const home = mkdtempSync(join(tmpdir(), 'hugwire-skill-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const machine: Machine = { env: {}, home, platform: process.platform, cwd: join(home, 'project') };
const at = (id: string, scope: 'user' | 'project' = 'user') => ({ client: getClient(id), scope, machine });

describe('the skill', () => {
  const skill = renderSkill();
  const [, head = '', body = ''] = /^---\n([\s\S]*?)^---\n([\s\S]*)$/m.exec(skill) ?? [];

  it('has the head that hosts read, and costs little', () => {
    const { name, description, ...others } = load(head) as Record<string, string>;
    expect(others).toEqual({});
    expect(name).toBe('hugwire');
    // At most what the standard allows.
    expect(description?.length).toBeLessThanOrEqual(1024);
    expect(description).toContain('Hugging Face');
    expect(encode(head).length).toBeLessThanOrEqual(130);
    expect(encode(skill).length).toBeLessThanOrEqual(650);
  });

  it('tells of the tools that a fresh install has, and of no others', () => {
    const named = [...body.matchAll(/^- (\w+): /gm)].map(([, tool]) => tool);
    const on = TOOLS.filter(({ toolset }) => !OPT_IN.includes(toolset)).map(({ name }) => name);
    expect(named.sort()).toEqual([...on, ...DEFAULT_LOCK.map(({ tool }) => tool)].sort());
    for (const toolset of OPT_IN) expect(body).toContain(toolset);
  });
});

describe('hugwire install --skill', () => {
  const reading = CLIENTS.filter(({ skills }) => skills);

  it.each(reading.map(({ id }) => id))('has a place of its name below the home or the project: %s', (id) => {
    for (const [scope, root] of [
      ['user', home],
      ['project', machine.cwd],
    ] as const) {
      const path = skillPath(at(id, scope)) ?? '';
      expect(path.startsWith(root)).toBe(true);
      expect([basename(path), basename(dirname(path))]).toEqual(['SKILL.md', 'hugwire']);
    }
  });

  it('writes it once, renews it, and removes it with its folder', async () => {
    const target = at('claude-code');
    const path = join(home, '.claude', 'skills', 'hugwire', 'SKILL.md');
    expect((await changeSkill(target, 'write', true)).data).toMatchObject({ path, changes: true, written: false });
    expect(existsSync(path)).toBe(false);
    await changeSkill(target, 'write');
    expect(readFileSync(path, 'utf8')).toBe(renderSkill());
    expect((await changeSkill(target, 'write')).data).toMatchObject({ changes: false });
    writeFileSync(path, renderSkill().replace('hub_search', 'an_older_tool'));
    await changeSkill(target, 'write');
    expect(readFileSync(path, 'utf8')).toBe(renderSkill());
    expect((await changeSkill(target, 'remove')).data).toMatchObject({ written: true });
    expect(existsSync(dirname(path))).toBe(false);
    expect((await changeSkill(target, 'remove')).data).toMatchObject({ changes: false });
  });

  it('shares the folder that several clients read', async () => {
    await changeSkill(at('codex'), 'write');
    expect((await changeSkill(at('cursor'), 'write')).data).toMatchObject({ changes: false });
  });

  it('says so where it does not know a place', async () => {
    await expect(changeSkill(at('claude-desktop'), 'write')).rejects.toMatchObject({ code: 'invalid_arguments' });
  });

  describe('where somebody else wrote a skill of that name', () => {
    const path = join(home, '.gemini', 'skills', 'hugwire', 'SKILL.md');
    const client = { ...getClient('gemini'), skills: { user: () => join(home, '.gemini', 'skills'), project: 's' } };
    beforeAll(async () => {
      await mkdir(dirname(path), { recursive: true });
      writeFileSync(path, 'mine');
    });

    it.each(['write', 'remove'] as const)('leaves it alone: %s', async (action) => {
      await expect(changeSkill({ client, scope: 'user', machine }, action)).rejects.toThrow(path);
      expect(readFileSync(path, 'utf8')).toBe('mine');
    });
  });
});
