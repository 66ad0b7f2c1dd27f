import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApprovalsContext, decide, listApprovals, showApproval } from '../../src/commands/approvals.js';
import { ApprovalStore } from '../../src/sessions/approvals.js';
import { FileLogs } from '../../src/sessions/logs.js';

let directory: string;
let store: ApprovalStore;
let context: ApprovalsContext;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-decide-'));
  store = new ApprovalStore({ logs: new FileLogs(join(directory, 'approvals')), secrets: async () => new Set() });
  context = { stores: [store], style: pc.createColors(false) };
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

const WHERE = { conversation: 'lead-42', owner: 'key:crm', assistant: 'helper' };
const ask = (id: string, more: object = {}) =>
  store.of(WHERE).ask({
    type: 'mcp_approval_request',
    id,
    server_label: 'hugwire',
    name: 'hub_write',
    arguments: '{"repo":"me/x"}',
    message: 'Write to me/x:\n  + README.md\u001b[2J',
    digest: 'd',
    ...more,
  });
const answering = (answer: boolean) => ({ ...context, prompts: { confirm: async () => answer } as never });

describe('hugwire approvals', () => {
  it('lists what waits, and shows one whole', async () => {
    expect((await listApprovals(context)).text).toBe('Nothing waits.');
    await ask('mcpr_aaaaaaaaaaaa');
    await ask('mcpr_aaaaaaaabbbb', { server_label: 'mail', arguments: 'not JSON', message: '' });
    const { text, data, hint } = await listApprovals(context);
    expect(text).toMatch(/mcpr_aaaaaaaaaaaa +waits 10 min +hub_write +helper in lead-42 +Write to me\/x:/);
    expect(data).toMatchObject({ approvals: { length: 2 } });
    expect(hint).toContain('approvals approve');
    const [one, two] = [await store.get('mcpr_aaaaaaaaaaaa'), await store.get('mcpr_aaaaaaaabbbb')];
    expect(showApproval(one).text).toMatch(
      /"repo": "me\/x"[\s\S]*what it asks\n {2}Write to me\/x:\n {4}\+ README\.md$/,
    );
    expect(showApproval(two).text).toMatch(/hub_write of mail[\s\S]*not JSON$/);
  });

  it('allows a call only when that is agreed to', async () => {
    await ask('mcpr_1');
    await expect(decide('mcpr_1', true, {}, context)).rejects.toMatchObject({
      code: 'invalid_arguments',
      hint: 'hugwire approvals approve mcpr_1 --yes',
    });
    expect(await decide('last', true, {}, answering(false))).toMatchObject({ exitCode: 1 });
    expect(await store.of(WHERE).decided('mcpr_1')).toBe('waiting');
    expect((await decide('mcpr', true, { reason: 'fine' }, answering(true))).text).toContain('Approved mcpr_1.');
    expect(await store.of(WHERE).decided('mcpr_1')).toMatchObject({ approve: true, reason: 'fine', by: 'local' });
    await expect(decide('mcpr_1', false, {}, context)).rejects.toMatchObject({ code: 'invalid_arguments' });
  });

  it('refuses one without a question, and takes the last that waits for the last', async () => {
    await ask('mcpr_1');
    await ask('mcpr_2');
    await decide('mcpr_2', false, {}, context);
    expect((await decide('last', true, { yes: true }, context)).text).toContain('Approved mcpr_1.');
    const { text } = await listApprovals(context);
    expect(text).toMatch(/approved/);
    expect(text).toMatch(/denied/);
  });

  it('says which are meant, and that none is', async () => {
    await expect(decide('last', true, { yes: true }, context)).rejects.toMatchObject({ code: 'not_found' });
    await ask('mcpr_11');
    await ask('mcpr_12');
    await expect(decide('mcpr_1', true, { yes: true }, context)).rejects.toMatchObject({ code: 'invalid_arguments' });
    for (const wrong of ['', 'x', '../mcpr_11']) {
      await expect(decide(wrong, true, { yes: true }, context)).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
