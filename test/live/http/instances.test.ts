import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../../src/world/hub/server.js';
import { startDemoSpace } from '../../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../../src/world/types.js';
import { type GradioApp, startGradio } from '../gradio/apps.js';
import { VERSIONS } from '../gradio/requirements.js';
import { pythonAvailable } from '../python.js';
import { Cluster, clusterAvailable, type Front, type Instance } from './cluster.js';

/** A token that every instance has, and nobody else may see. */
const TOKEN = 'hf_demo_read_maya';
const LOST_MS = 15_000;
const LEGACY = 'legacy' as const;

interface Called {
  text: string;
  steps: string[];
}

async function call(
  client: Client,
  name: string,
  args: object,
  options: { signal?: AbortSignal } = {},
): Promise<Called> {
  const steps: string[] = [];
  const onprogress = ({ message = '' }: { message?: string }) => void steps.push(message);
  const given = { name, arguments: args as Record<string, unknown> };
  const { content } = await client.callTool(given, { onprogress, timeout: 60_000, ...options });
  const [first] = content as { text?: string }[];
  return { text: first?.text ?? '', steps };
}

const jobIn = ({ text }: Called): string => {
  const [, job] = /job="(j_[\w-]{22})"/.exec(text) ?? [];
  if (!job) throw new Error(`No job in: ${text}`);
  return job;
};

describe.skipIf(!clusterAvailable())('three instances with one Redis', () => {
  let hub: DemoHub;
  let space: DemoSpace;
  let cluster: Cluster;
  let a: Instance;
  let b: Instance;
  let c: Instance;
  const fronts = {} as Record<Front, string>;

  beforeAll(async () => {
    space = await startDemoSpace();
    hub = await startDemoHub({ spaceHost: new URL(space.url).host });
    cluster = await Cluster.start({
      config: { spaces: { local: [space.url] }, http: { perMinute: 10_000 } },
      env: { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN },
    });
    [a, b, c] = cluster.instances as [Instance, Instance, Instance];
    fronts.nginx = await cluster.front('nginx');
    fronts.haproxy = await cluster.front('haproxy');
  });
  afterAll(async () => {
    await cluster?.stop();
    await Promise.all([hub?.close(), space?.close()]);
  });
  beforeEach(async () => {
    // A test may have ended one.
    await Promise.all(cluster.instances.map((one) => fetch(`${one.url}/healthz`).catch(() => one.start())));
  });

  const slow = (steps: number, seconds: number, rest: object = { wait_seconds: 0.3 }) => ({
    space: space.url,
    endpoint: '/slow',
    arguments: { steps, step_seconds: seconds },
    ...rest,
  });

  it('a job that began at one has its progress and its result at another', async () => {
    const [one, other] = [await cluster.connect(a.url), await cluster.connect(b.url)];
    const job = jobIn(await call(one, 'space_call', slow(12, 0.25)));
    const there = await call(other, 'space_result', { job });
    expect(there.text).toContain('Did 12 steps of 0.25 s.');
    expect(there.steps.filter((step) => step.includes('Working')).length).toBeGreaterThan(2);
    expect((await call(one, 'space_result', { job })).text).toBe(there.text);
  });

  it('a job is unknown to another user, wherever it is asked for, and goes on', async () => {
    const [one, ...others] = await Promise.all([
      cluster.connect(a.url),
      cluster.connect(a.url, undefined, cluster.otherKey),
      cluster.connect(b.url, undefined, cluster.otherKey),
    ]);
    for (const rest of [{ wait_seconds: 0.3 }, { detach: true }]) {
      const job = jobIn(await call(one, 'space_call', slow(6, 0.2, rest)));
      for (const other of others)
        for (const cancel of [false, true])
          expect((await call(other, 'space_result', { job, cancel })).text).toMatch(/^not_found: /);
      expect((await call(one, 'space_result', { job })).text).toContain('Did 6 steps');
      for (const other of others) expect((await call(other, 'space_result', { job })).text).toMatch(/^not_found: /);
    }
  });

  it('a job is cancelled at its Space from another instance', async () => {
    const [one, other] = [await cluster.connect(a.url), await cluster.connect(b.url)];
    const job = jobIn(await call(one, 'space_call', slow(60, 60)));
    const before = space.log.length;
    expect((await call(other, 'space_result', { job, cancel: true })).text).toContain('the Space was told to stop');
    expect(space.log.slice(before).join('\n')).toMatch(/cancel/i);
  });

  it('a call is cancelled by a notification that comes to another instance', async () => {
    for (const [proxy, front] of Object.entries(fronts)) {
      const client = await cluster.connect(front, LEGACY);
      const before = space.log.length;
      const controller = new AbortController();
      const calling = call(client, 'space_call', slow(60, 60, { wait_seconds: 50 }), { signal: controller.signal });
      await vi.waitFor(() => expect(space.log.slice(before).join('\n'), proxy).toContain('/slow started'), 10_000);
      controller.abort();
      await expect(calling).rejects.toThrow();
      await vi.waitFor(() => expect(space.log.slice(before).join('\n'), proxy).toMatch(/cancel/i), 5_000);
    }
  });

  it('a run is lost with the instance that listens, and another one says so', async () => {
    const [one, other] = [await cluster.connect(a.url), await cluster.connect(b.url)];
    const job = jobIn(await call(one, 'space_call', slow(60, 60)));
    const before = space.log.length;
    await a.stop('SIGKILL');
    const killedAt = Date.now();
    const { text } = await call(other, 'space_result', { job });
    expect(text).toContain(`${job} is lost`);
    expect(text).toContain('Call the Space again');
    expect(Date.now() - killedAt).toBeLessThan(LOST_MS);
    expect(space.log.slice(before).join('\n')).toMatch(/cancel/i);
  });

  it('a run that was started detached outlives its instance, with all its steps', async () => {
    const [one, other] = [await cluster.connect(a.url), await cluster.connect(b.url)];
    const started = await call(one, 'space_call', slow(12, 0.25, { detach: true }));
    expect(started.text).toMatch(/^Started, detached: /);
    await a.stop('SIGKILL');
    const there = await call(other, 'space_result', { job: jobIn(started) });
    expect(there.text).toContain('Did 12 steps of 0.25 s.');
    expect(there.steps.some((step) => step.includes('Working'))).toBe(true);
  });

  describe.each(['nginx', 'haproxy'] as const)('behind %s', (proxy) => {
    it('answers while an instance stops, with the call that it was at and those that come', async () => {
      const client = await cluster.connect(fronts[proxy]);
      const calling = call(client, 'space_call', slow(10, 0.4, { wait_seconds: 50 }));
      await vi.waitFor(() => expect(space.log.at(-1)).toContain('/slow started'), 10_000);
      // Whoever has it: each is stopped in turn.
      const failures: unknown[] = [];
      let others = 0;
      let isOver = false;
      const asking = (async () => {
        while (!isOver) {
          await call(client, 'hub_search', { query: 'bert' }).catch((error) => failures.push(error));
          others += 1;
        }
      })();
      for (const instance of cluster.instances) {
        expect(await instance.stop('SIGTERM')).toBe(0);
        await instance.start();
      }
      expect((await calling).text).toContain('Did 10 steps of 0.4 s.');
      isOver = true;
      await asking;
      expect(failures).toEqual([]);
      expect(others).toBeGreaterThan(5);
    });

    it('a legacy client is served by all of them, and keeps its session', async () => {
      const client = await cluster.connect(fronts[proxy], LEGACY);
      const counts = () => cluster.instances.map((one) => one.log().split('"tool":"hub_search"').length);
      const before = counts();
      // One that has just started may not be asked yet.
      await vi.waitFor(async () => {
        expect((await call(client, 'hub_search', { query: 'bert' })).text).toContain('bert');
        expect(counts().filter((count, at) => count > (before[at] ?? 0))).toHaveLength(3);
      }, 10_000);
    });

    it('a change at one reaches who listens at another, once', async () => {
      const clients = await Promise.all(
        Array.from({ length: 3 }, async () => {
          const client = await cluster.connect(fronts[proxy]);
          const changes: unknown[] = [];
          client.setNotificationHandler('notifications/tools/list_changed', (note) => void changes.push(note));
          await client.listen({ toolsListChanged: true });
          return changes;
        }),
      );
      const file = join(c.home, 'config.json');
      const config = readFileSync(file, 'utf8');
      try {
        writeFileSync(file, JSON.stringify({ ...JSON.parse(config), tools: { disable: ['hub_whoami'] } }));
        await vi.waitFor(() => expect(clients.map(({ length }) => length)).toEqual([1, 1, 1]), 20_000);
      } finally {
        writeFileSync(file, config);
      }
      // The change back is the second, and there is no other.
      await vi.waitFor(() => expect(clients.map(({ length }) => length)).toEqual([2, 2, 2]), 20_000);
    });

    it('tells each step as it happens', async () => {
      const client = await cluster.connect(fronts[proxy]);
      let isOver = false;
      const early: string[] = [];
      const given = { name: 'space_call', arguments: slow(6, 0.4, { wait_seconds: 50 }) };
      const onprogress = ({ message = '' }: { message?: string }) => {
        if (!isOver) early.push(message);
      };
      await client.callTool(given, { onprogress, timeout: 60_000 });
      isOver = true;
      expect(early.filter((step) => step.includes('Working')).length).toBeGreaterThan(2);
    });
  });

  it.each(['nginx', 'haproxy'] as const)(
    'behind %s, new calls do not meet an instance that was killed',
    async (proxy) => {
      const client = await cluster.connect(fronts[proxy]);
      await a.stop('SIGKILL');
      // The first may have been on their way.
      const ask = () =>
        call(client, 'hub_search', { query: 'bert' }).then(
          ({ text }) => text.includes('bert'),
          () => false,
        );
      await vi.waitFor(
        async () => expect(await Promise.all(Array.from({ length: 6 }, ask))).not.toContain(false),
        10_000,
      );
      await a.start();
    },
  );

  it('while Redis is unavailable the Hub is read, jobs fail at once, and all is well when it is back', async () => {
    const client = await cluster.connect(a.url);
    const job = jobIn(await call(client, 'space_call', slow(30, 0.2)));
    await cluster.redis.stop();
    try {
      const startedAt = Date.now();
      await vi.waitFor(async () => {
        const { text } = await call(client, 'space_call', {
          space: space.url,
          endpoint: '/greet',
          arguments: { name: 'Ada' },
        });
        expect(text).toMatch(/^unavailable: .*store/);
      });
      expect(Date.now() - startedAt).toBeLessThan(4_000);
      expect((await call(client, 'hub_search', { query: 'bert' })).text).toContain('bert');
      expect((await fetch(`${a.url}/healthz`)).status).toBe(200);
      expect((await fetch(`${a.url}/readyz`)).status).toBe(503);
      // What ran goes on at its instance.
      expect((await call(client, 'space_result', { job })).text).toContain('Did 30 steps');
    } finally {
      await cluster.redis.start();
    }
    await vi.waitFor(async () => expect((await fetch(`${a.url}/readyz`)).status).toBe(200), 10_000);
    const other = await cluster.connect(b.url);
    await vi.waitFor(async () => {
      const handed = await call(client, 'space_call', slow(4, 0.2, { wait_seconds: 0 }));
      expect((await call(other, 'space_result', { job: jobIn(handed) })).text).toContain('Did 4 steps');
    }, 20_000);
  });

  it('no token and no key is in Redis or in a log', async () => {
    const client = await cluster.connect(a.url);
    const job = jobIn(await call(client, 'space_call', slow(3, 0.2)));
    await call(client, 'space_result', { job });
    jobIn(await call(client, 'space_call', slow(1, 0.1, { detach: true })));
    const dump = await cluster.redis.dump();
    expect(dump).toContain('hugwire:job:j_');
    const logs = cluster.instances.map((one) => one.log().slice(one.log().indexOf('Stop ')));
    for (const secret of [TOKEN, cluster.key]) expect([dump, ...logs].join('\n')).not.toContain(secret);
  });
});

describe.skipIf(!clusterAvailable())('sessions of three instances', () => {
  let cluster: Cluster;
  let space: DemoSpace;
  let front: string;
  beforeAll(async () => {
    space = await startDemoSpace();
    cluster = await Cluster.start({ config: { spaces: { local: [space.url] } }, args: ['--sessions'] });
    front = await cluster.front('nginx');
  });
  afterAll(async () => {
    await cluster?.stop();
    await space?.close();
  });

  const open = (url: string, init: RequestInit & { headers?: Record<string, string> }) =>
    fetch(new URL('/mcp', url), {
      ...init,
      headers: {
        Authorization: `Bearer ${cluster.key}`,
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2025-11-25',
        ...init.headers,
      },
    });
  const post = (url: string, session: string | undefined, message: object, signal?: AbortSignal) =>
    open(url, {
      method: 'POST',
      signal,
      headers: { 'Content-Type': 'application/json', ...(session ? { 'Mcp-Session-Id': session } : {}) },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
  const begin = async (url: string): Promise<string> => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const response = await post(url, undefined, { id: 0, method: 'initialize', params });
    await response.text();
    const session = response.headers.get('mcp-session-id') ?? '';
    await post(url, session, { method: 'notifications/initialized' });
    return session;
  };

  /** Events of a stream as they come, until it ends or enough were read. */
  async function* eventsOf(response: Response): AsyncGenerator<{ id: string; message?: Record<string, unknown> }> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        const data = /^data: (\{.*)/m.exec(event)?.[1];
        yield { id: /^id: (.*)/m.exec(event)?.[1] ?? '', message: data ? JSON.parse(data) : undefined };
      }
    }
  }

  it('are served by every instance, without affinity', async () => {
    const client = await cluster.connect(front, LEGACY);
    for (let n = 0; n < 9; n += 1) expect((await client.listTools()).tools.length).toBeGreaterThan(5);
  });

  it('push a change that was made at another instance, once', async () => {
    const [a, , c] = cluster.instances as [Instance, Instance, Instance];
    const session = await begin(a.url);
    const stream = eventsOf(await open(a.url, { method: 'GET', headers: { 'Mcp-Session-Id': session } }));
    const seen: unknown[] = [];
    void (async () => {
      for await (const { message } of stream) if (message) seen.push(message.method);
    })().catch(() => {});
    const file = join(c.home, 'config.json');
    const config = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(config), tools: { disable: ['hub_whoami'] } }));
    await vi.waitFor(() => expect(seen).toEqual(['notifications/tools/list_changed']), 20_000);
    writeFileSync(file, config);
    await vi.waitFor(() => expect(seen).toHaveLength(2), 20_000);
  });

  it('replay at another instance what was missed when a stream broke: steps and result', async () => {
    const [a, b] = cluster.instances as [Instance, Instance];
    const session = await begin(a.url);
    const leaving = new AbortController();
    const params = {
      name: 'space_call',
      arguments: { space: space.url, endpoint: '/slow', arguments: { steps: 10, step_seconds: 0.3 }, wait_seconds: 50 },
      _meta: { progressToken: 'p' },
    };
    const stream = eventsOf(await post(a.url, session, { id: 7, method: 'tools/call', params }, leaving.signal));
    let last = '';
    for await (const { id, message } of stream) {
      if (id) last = id;
      if (message?.method === 'notifications/progress') break;
    }
    leaving.abort();
    const missed: Record<string, unknown>[] = [];
    await vi.waitFor(
      async () => {
        const response = await open(b.url, {
          method: 'GET',
          headers: { 'Mcp-Session-Id': session, 'Last-Event-ID': last },
        });
        expect(response.status).toBe(200);
        for await (const { id, message } of eventsOf(response)) {
          if (id) last = id;
          if (message) missed.push(message);
        }
        expect(missed.at(-1)).toHaveProperty('result');
      },
      { timeout: 30_000, interval: 500 },
    );
    const steps = missed.filter(({ method }) => method === 'notifications/progress');
    expect(steps.length).toBeGreaterThan(1);
    expect(JSON.stringify(missed.at(-1))).toContain('Did 10 steps of 0.3 s.');
    const numbers = steps.map(({ params }) => (params as { progress: number }).progress);
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  });

  it('are of no use to another key, at any instance, nor is one that was made up', async () => {
    const [a, b] = cluster.instances as [Instance, Instance];
    const session = await begin(a.url);
    const message = { id: 1, method: 'tools/list' };
    expect((await post(b.url, `${session.slice(0, -1)}x`, message)).status).toBe(404);
    for (const { url } of [a, b]) {
      const foreign = await open(url, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${cluster.otherKey}`,
          'Content-Type': 'application/json',
          'Mcp-Session-Id': session,
        },
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      });
      expect(foreign.status).toBe(404);
    }
    expect((await post(b.url, session, message)).status).toBe(200);
  });
});

describe.skipIf(!clusterAvailable() || !pythonAvailable()).each(VERSIONS)('runs on Gradio %s', (version) => {
  let app: GradioApp;
  let cluster: Cluster;
  let a: Instance;
  let b: Instance;
  beforeAll(async () => {
    app = await startGradio(version, 'slow');
    cluster = await Cluster.start({ config: { spaces: { local: [app.url], waitSeconds: 50 } } });
    [a, b] = cluster.instances as [Instance, Instance];
  });
  afterAll(async () => {
    await cluster?.stop();
    await app?.stop();
  });
  beforeEach(() => Promise.all(cluster.instances.map((one) => fetch(`${one.url}/healthz`).catch(() => one.start()))));

  const run = (endpoint: string, steps: number, seconds: number, rest: object = {}) => ({
    space: app.url,
    endpoint,
    arguments: { steps, seconds },
    ...rest,
  });
  const logged = (since: number, text: string) =>
    vi.waitFor(() => expect(app.log().slice(since)).toContain(text), 20_000);

  it('a generator stops with the instance that listens, and another one says that it is lost', async () => {
    const [one, other] = [await cluster.connect(a.url), await cluster.connect(b.url)];
    const since = app.log().length;
    const job = jobIn(await call(one, 'space_call', run('/streaming', 200, 0.3, { wait_seconds: 0.2 })));
    await logged(since, 'streaming step 2');
    await a.stop('SIGKILL');
    expect((await call(other, 'space_result', { job })).text).toContain(`${job} is lost`);
    const steps = () => app.log().slice(since).split('streaming step').length;
    // It has stopped by now, or does at its next step.
    let before = -1;
    await vi.waitFor(
      () => {
        const now = steps();
        const isStill = now === before;
        before = now;
        expect(isStill).toBe(true);
      },
      { timeout: 20_000, interval: 1_000 },
    );
    expect(steps()).toBeLessThan(60);
  });

  it.each(['/streaming', '/stepwise'])(
    '%s that was started detached goes on without its instance',
    async (endpoint) => {
      const [one, other] = [await cluster.connect(a.url), await cluster.connect(b.url)];
      const since = app.log().length;
      const started = await call(one, 'space_call', run(endpoint, 12, 0.2, { detach: true }));
      await a.stop('SIGKILL');
      await logged(since, `${endpoint.slice(1)} step 3`);
      const there = await call(other, 'space_result', { job: jobIn(started) });
      expect(there.text).toMatch(endpoint === '/streaming' ? /Step: 12/ : /did 12 steps/);
      expect(there.steps.length).toBeGreaterThan(0);
      expect(app.log().slice(since)).toContain(`${endpoint.slice(1)} ended`);
    },
  );

  it('a run that ended before anybody asked is there all the same, also at the instance that started it', async () => {
    const one = await cluster.connect(a.url);
    const since = app.log().length;
    const job = jobIn(await call(one, 'space_call', run('/stepwise', 2, 0.1, { detach: true })));
    await logged(since, 'stepwise ended');
    expect((await call(one, 'space_result', { job })).text).toContain('did 2 steps');
  });

  it('a detached run is cancelled at the app by whoever asks', async () => {
    const [one, other] = [await cluster.connect(a.url), await cluster.connect(b.url)];
    const since = app.log().length;
    const job = jobIn(
      await call(one, 'space_call', run('/waiting', 0, 100, { arguments: { seconds: 100 }, detach: true })),
    );
    await logged(since, 'waiting started');
    expect((await call(other, 'space_result', { job, cancel: true })).text).toContain('the Space was told to stop');
    await logged(since, 'waiting cancelled');
  });

  it('an instance that is told to stop hands over the answer first', async () => {
    const one = await cluster.connect(a.url);
    const other = await cluster.connect(b.url);
    const since = app.log().length;
    const calling = call(one, 'space_call', run('/stepwise', 10, 0.3));
    await logged(since, 'stepwise step 1');
    const handed = await call(one, 'space_call', run('/streaming', 10, 0.3, { wait_seconds: 0.2 }));
    const stopped = a.stop('SIGTERM');
    expect((await calling).text).toContain('did 10 steps');
    expect(await stopped).toBe(0);
    expect((await call(other, 'space_result', { job: jobIn(handed) })).text).toMatch(/Step: 10/);
  });
});

const PER_MINUTE = 60;

describe.skipIf(!clusterAvailable())('three instances for who brings a token of the Hub', () => {
  let hub: DemoHub;
  let space: DemoSpace;
  let cluster: Cluster;
  beforeAll(async () => {
    space = await startDemoSpace();
    hub = await startDemoHub({ spaceHost: new URL(space.url).host });
    const config = { http: { perMinute: PER_MINUTE } };
    cluster = await Cluster.start({ config, env: { HF_ENDPOINT: hub.url }, args: ['--auth', 'hub-token'] });
  });
  afterAll(async () => {
    await cluster?.stop();
    await Promise.all([hub?.close(), space?.close()]);
  });

  it('a person goes on at another instance, also with another token, and nobody else does', async () => {
    const [a, b, c] = cluster.instances as [Instance, Instance, Instance];
    const maya = await cluster.connect(a.url, undefined, 'hf_demo_read_maya');
    const later = await cluster.connect(b.url, undefined, 'hf_demo_write_maya');
    const theo = await cluster.connect(c.url, undefined, 'hf_demo_read_theo');
    const args = { space: 'hugwire/demo-space', endpoint: '/slow', arguments: { steps: 8, step_seconds: 0.2 } };
    const handed = await call(maya, 'space_call', { ...args, wait_seconds: 0.3 });
    const left = await call(maya, 'space_call', { ...args, detach: true });
    const picture = await call(maya, 'space_call', {
      space: 'hugwire/demo-space',
      endpoint: '/draw',
      arguments: { prompt: 'dusk', seed: 1 },
      wait_seconds: 0,
    });
    for (const started of [handed, left, picture])
      expect((await call(theo, 'space_result', { job: jobIn(started) })).text).toMatch(/^not_found: /);
    await a.stop('SIGTERM');
    expect((await call(later, 'space_result', { job: jobIn(handed) })).text).toContain('Did 8 steps');
    expect((await call(later, 'space_result', { job: jobIn(left) })).text).toContain('Did 8 steps');
    const { content } = await later.callTool({ name: 'space_result', arguments: { job: jobIn(picture) } });
    expect(content).toMatchObject([{ type: 'text' }, { type: 'image', mimeType: 'image/png' }]);
    const dump = await cluster.redis.dump();
    expect(dump).toContain('hugwire:job:j_');
    expect(dump).not.toMatch(/hf_demo/);
  });

  it('what a person may ask within a minute counts at all of them', async () => {
    const urls = cluster.instances.filter(({ url }) => url !== cluster.instances[0]?.url).map(({ url }) => url);
    const ask = (at: number) =>
      fetch(new URL('/mcp', urls[at % urls.length]), {
        method: 'POST',
        headers: { Authorization: 'Bearer hf_demo_read_theo', 'Content-Type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: at, method: 'ping' }),
      }).then(({ status }) => status);
    const statuses = await Promise.all(Array.from({ length: PER_MINUTE + 20 }, (_, at) => ask(at)));
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(PER_MINUTE);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(20);
  });
});
