import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configSchema } from '../../src/config/schema.js';
import type { RepoKind } from '../../src/hub/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import type { Answer, ToolContext } from '../../src/tools/tool.js';
import { defineWrite } from '../../src/tools/writing.js';

/** A tool that would change a repository, and what became of a call. */
async function decide(
  repo: { kind: RepoKind; id: string } | undefined,
  allow: string[],
  ask?: ToolContext['ask'],
  message = 'write',
) {
  let applied = 0;
  const tool = defineWrite({
    name: 'example',
    title: 'Example',
    toolset: 'write',
    description: 'Writes.',
    input: z.object({}),
    prepare: async () => ({
      message,
      title: 'Write it',
      repo,
      data: {},
      input: {},
      apply: async () => {
        applied += 1;
        return { text: 'written', data: {} };
      },
    }),
  });
  const added: unknown[] = [];
  const add = async (one: unknown) => {
    added.push(one);
    return { id: 'w_00000000' };
  };
  const proposals = async () => ({ add });
  const hub = { token: async () => ({ value: 'hf_demo_write_maya', source: 'test' }) };
  const ctx = { hub, config: configSchema.parse({ write: { allow } }), ask, proposals } as unknown as ToolContext;
  const { text } = await tool.run({}, ctx);
  return { applied, proposed: added.length, text };
}

const answer = (given: Answer) => async () => given;

describe('write.allow', () => {
  it.each<[pattern: string, kind: RepoKind, id: string, allowed: boolean]>([
    ['ada/notes', 'model', 'ada/notes', true],
    ['ada/notes', 'dataset', 'Ada/Notes', true],
    ['datasets/ada/notes', 'dataset', 'ada/notes', true],
    ['datasets/ada/notes', 'model', 'ada/notes', false],
    ['ada/*', 'space', 'ada/anything', true],
    ['spaces/ada/*', 'space', 'ada/x', true],
    ['spaces/ada/*', 'model', 'ada/x', false],
    ['ada/*', 'model', 'adam/x', false],
    ['ada/note', 'model', 'ada/notes', false],
    ['ada/n.tes', 'model', 'ada/notes', false],
  ])('%s and the %s %s', async (pattern, kind, id, allowed) => {
    expect((await decide({ kind, id }, [pattern])).applied).toBe(allowed ? 1 : 0);
  });

  it('does not hold for what is always asked', async () => {
    expect(await decide(undefined, ['ada/*'])).toMatchObject({ applied: 0, proposed: 1 });
  });

  it.each(['*', '*/*', 'ada', 'ada/x*', 'ada/x/y', ''])('takes no %j', (pattern) => {
    expect(configSchema.safeParse({ write: { allow: [pattern] } }).success).toBe(false);
  });
});

describe('consent', () => {
  const repo = { kind: 'model' as const, id: 'ada/notes' };
  it.each<[what: string, ask: ToolContext['ask'], applied: number, proposed: number]>([
    ['a yes', answer({ action: 'accept', values: { agree: true } }), 1, 0],
    ['a form without its tick', answer({ action: 'accept', values: { agree: false } }), 0, 0],
    ['an empty form', answer({ action: 'accept', values: {} }), 0, 0],
    ['words in place of a tick', answer({ action: 'accept', values: { agree: 'true' } }), 0, 0],
    ['a no', answer({ action: 'decline' }), 0, 0],
    ['no answer', answer({ action: 'cancel' }), 0, 0],
    ['a question that runs out of time', () => Promise.reject(new HugwireError('timeout', 'too late')), 0, 1],
    ['a client that fails to ask', () => Promise.reject(new HugwireError('unavailable', 'no form')), 0, 1],
    ['nobody', undefined, 0, 1],
  ])('%s', async (_what, ask, applied, proposed) => {
    expect(await decide(repo, [], ask)).toMatchObject({ applied, proposed });
  });

  it('is not asked for by a question that nobody could read whole', async () => {
    const asked = answer({ action: 'accept', values: { agree: true } });
    const text = expect.stringContaining('it is too long for a question');
    expect(await decide(repo, [], asked, 'x'.repeat(7000))).toMatchObject({ applied: 0, proposed: 1, text });
  });
});
