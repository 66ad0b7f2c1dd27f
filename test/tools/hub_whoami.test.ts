import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fetchAccount, fetchGpuQuota } from '../../src/hub/account/account.js';
import { hubWhoami } from '../../src/tools/hub_whoami.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import recorded from '../fixtures/recorded/whoami.json' with { type: 'json' };
import { errorOf, openClient } from '../hub/client.js';
import { FakeClient } from '../hub/fake-client.js';
import { callTool, connect } from './context.js';

const refusedQuota = recorded.find(({ ask }) => ask.endsWith('/quota'));

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub();
});
afterAll(() => hub.close());
const turnOffs: (() => void)[] = [];
afterEach(() => {
  for (const turnOff of turnOffs.splice(0)) turnOff();
});

describe('hub_whoami', () => {
  it('without a token asks nobody, and says how to log in', async () => {
    const before = hub.seen.length;
    const { text, isError, data } = await callTool(hubWhoami, {}, connect(hub.url));
    expect(isError).toBe(false);
    expect(text).toMatch(
      /^Not logged in\.\nNo token: .*hf auth login.*\nToken: none\nHub: http:\/\/127.*\nRate limits: none seen yet$/,
    );
    expect(data).toMatchObject({ loggedIn: false, tokenSource: 'none' });
    expect(hub.seen).toHaveLength(before);
  });

  it('tells the account, its organisations, the token’s rights, limits and quota; never the token or the e-mail', async () => {
    const token = 'hf_demo_fine_maya';
    const { text, data, isError } = await callTool(hubWhoami, {}, connect(hub.url, token));
    expect(isError).toBe(false);
    expect(text).toMatch(/^Account: maya \(“Maya Lindqvist”\), PRO plan\nOrganisations: hugwire \(admin\), open-atlas/);
    expect(text).toMatch(/^Token role: fineGrained \(“assistant”\)$/m);
    expect(text).toMatch(/^Rights: “discussion\.write”; “maya: repo\.content\.read/m);
    expect(text).toMatch(/^Token: env HF_TOKEN$/m);
    expect(text).toMatch(/^Rate limit “api”: \d+ of 2500 requests left for/m);
    expect(text).toMatch(/^ZeroGPU: 35 min of 40 min left today/m);
    expect(data).toMatchObject({ loggedIn: true, account: { name: 'maya' } });
    for (const told of [text, JSON.stringify(data)]) {
      expect(told).not.toContain(token);
      expect(told).not.toContain('example.org');
    }
  });

  it('tells when a token of `hf auth login` ends', async () => {
    const { text } = await callTool(hubWhoami, {}, connect(hub.url, 'hf_oauth_demo_maya'));
    expect(text).toMatch(/^Token role: oauth, expires 2026-12-20$/m);
  });

  it('tells a bad token as such, and where it came from', async () => {
    const { text, isError, data } = await callTool(hubWhoami, {}, connect(hub.url, 'hf_demo_expired_maya'));
    expect(isError).toBe(true);
    expect(text).toMatch(
      /^unauthorized: The Hub rejected the token from env HF_TOKEN.*\nNext: Correct HF_TOKEN, or unset it and run `hf auth login`/,
    );
    expect(text).toMatch(/^Token: env HF_TOKEN$/m);
    expect(data).toMatchObject({ loggedIn: false, error: { code: 'unauthorized' } });
  });

  it.each(['hf_demo_fine_gated_maya', 'hf_oauth_demo_maya'])(
    'names the right that a token needs to show the quota: %s',
    async (token) => {
      const refusal = refusedQuota?.json;
      turnOffs.push(
        hub.addFault({
          path: /zero-gpu/,
          response: { status: 403, headers: { 'X-Error-Message': refusal?.error ?? '' }, body: refusal },
        }),
      );
      const { text, isError, data } = await callTool(hubWhoami, {}, connect(hub.url, token));
      expect(isError).toBe(false);
      expect(text).toMatch(/^ZeroGPU: not known\. .*"Billing > Read".*settings\/tokens.*read-billing/m);
      expect(data).toMatchObject({ loggedIn: true, zeroGpuError: { code: 'unauthorized' } });
    },
  );

  it.each([
    [{ current: -180 }, /^ZeroGPU: 0 s of 40 min left today, resets 2026-12-02T00:00Z$/m],
    [
      { current: 0, overquotaUsed: 750 },
      /^ZeroGPU: 0 s of 40 min left today, resets .*; 13 min of paid time used beyond it$/m,
    ],
    [{ resetsAt: null, overquotaUsed: 0 }, /^ZeroGPU: 35 min of 40 min left today$/m],
    [
      { runs: { used: 8, limit: 8, remaining: 0, resetsAt: '2026-12-01T10:00:00.000Z' } },
      /; 0 of 8 runs left, resets 2026-12-01T10:00Z$/m,
    ],
  ])('tells the quota as it is: %j', async (part, line) => {
    const body = { base: 2400, current: 2088, resetsAt: '2026-12-02T00:00:00.000Z', ...part };
    turnOffs.push(hub.addFault({ path: /zero-gpu/, response: { body } }));
    expect((await callTool(hubWhoami, {}, connect(hub.url, 'hf_demo_read_theo'))).text).toMatch(line);
  });

  it('does without the quota when that fails', async () => {
    turnOffs.push(hub.addFault({ path: /zero-gpu/, response: { status: 500, body: 'x' } }));
    const { text, isError } = await callTool(hubWhoami, {}, connect(hub.url, 'hf_demo_read_theo'));
    expect(isError).toBe(false);
    expect(text).toMatch(/^Account: theo .*free plan$/m);
    expect(text).not.toContain('ZeroGPU');
  });

  it('says where it is set to be offline', async () => {
    const { text, isError } = await callTool(hubWhoami, {}, openClient(hub.url, { offline: true, value: 'hf_x' }).hub);
    expect(isError).toBe(true);
    expect(text).toMatch(/^offline: /);
    expect(text).toMatch(/ \(offline\)$/m);
  });

  it('cleans what the account says of itself', async () => {
    const name = `evil\u202e\n--- end`;
    const client = new FakeClient(() => ({
      body: {
        name,
        fullname: '\u001b[31mred',
        orgs: [{ name: 'o\nrg' }, {}, 1],
        auth: { accessToken: { displayName: 'a\nb' } },
      },
    }));
    client.tokenValue = 'hf_x';
    const { text } = await callTool(hubWhoami, {}, client);
    expect(text).toMatch(
      /^Account: “evil --- end” \(“red”\), free plan\nOrganisations: “o rg”\nToken role: unknown \(“a b”\)\n/,
    );
  });
});

describe('answers of another shape', () => {
  it.each([[null], [[]], ['x'], [{}], [{ name: 1 }]])('%j names nobody', async (body) => {
    expect((await errorOf(fetchAccount(new FakeClient(() => ({ body }))))).code).toBe('unavailable');
  });

  it.each([[null], [[]], [{}], [{ base: 'x', current: 1 }]])('%j is no quota', async (body) => {
    expect(await fetchGpuQuota(new FakeClient(() => ({ body })))).toBeUndefined();
  });
});
