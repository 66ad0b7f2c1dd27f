import { HugwireError } from '../errors.js';
import { type Clock, systemClock, watchIdle } from './clock.js';
import { joinError, lostError, networkError, runError, streamError } from './errors.js';
import { type Admission, createGate, parseObject } from './messages.js';
import { readCapped } from './origin.js';
import { readEvents } from './sse.js';
import type { App, Endpoint } from './types.js';

export interface CallLimits {
  /** Milliseconds until the queue has taken the call. */
  joinMs: number;
  /** Milliseconds without a byte; Gradio sends a heartbeat every 15 s. */
  idleMs: number;
  /** Milliseconds for telling the Space that a call is given up. */
  cancelMs: number;
  /** Bytes of the answer to a join. */
  maxJoin: number;
  /** Bytes of one message or of an unqueued answer. */
  maxMessage: number;
  /** Bytes of all messages of one call. */
  maxStream: number;
}

export const CALL_LIMITS: CallLimits = {
  joinMs: 30_000,
  idleMs: 60_000,
  cancelMs: 1_000,
  maxJoin: 2 ** 20,
  maxMessage: 32 * 2 ** 20,
  maxStream: 256 * 2 ** 20,
};

export interface GuardOptions {
  app: App;
  endpoint: Endpoint;
  /** Pinned to the Space's origin (`pinFetch`). */
  net: typeof fetch;
  sessionHash: string;
  /** The values that a generator has so far. */
  onPartial?(data: unknown[]): void;
  /** Whether a token went with the call: a quota error reads differently then. */
  sentToken?: boolean;
  clock?: Clock;
  limits?: Partial<CallLimits>;
}

/** A queue id as Gradio makes them: hexadecimal. Anything else could collide with keys that every object has. */
const EVENT_ID = /^[\w-]{8,128}$/;

/**
 * Stands between the client library and one call's Space: all of the library's requests come here. It answers what is
 * known already, lets through what a call needs, and keeps the first thing that went wrong, because the library
 * swallows errors in several places.
 */
export class CallGuard {
  /** Rejects with the first failure; never resolves. */
  readonly failed: Promise<never>;
  private reject: (error: HugwireError) => void = () => {};
  private readonly abort = new AbortController();
  private readonly limits: CallLimits;
  private readonly clock: Clock;
  private readonly admit: (text: string) => Admission | undefined;
  private eventId?: string;
  private joining?: Promise<unknown>;
  private listening?: Promise<void>;
  /** True once the Space is done with the call, well or badly: then there is nothing to cancel. */
  private over = false;

  constructor(private readonly options: GuardOptions) {
    this.limits = { ...CALL_LIMITS, ...options.limits };
    this.clock = options.clock ?? systemClock;
    this.admit = createGate(this.protocol, () => this.eventId);
    this.failed = new Promise((_, reject) => {
      this.reject = reject;
    });
    // Whoever waits for it sees it; a call that ended well does not wait any more.
    this.failed.catch(() => {});
  }

  get sessionHash(): string {
    return this.options.sessionHash;
  }

  /** The app's base address, as the client library is to see it. */
  get base(): string {
    return this.options.app.site.base;
  }

  get fnIndex(): number {
    return this.options.endpoint.fnIndex;
  }

  private get protocol(): string {
    return String(this.options.app.raw.config.protocol ?? 'ws');
  }

  private get api(): string {
    return `${this.base}${this.options.app.apiPrefix}`;
  }

  /** Ends the call with an error; only the first one counts. */
  fail(error: HugwireError): void {
    this.reject(error);
  }

  /** What the client library's `fetch` is replaced by. */
  async fetch(url: URL, init: RequestInit): Promise<Response> {
    const address = `${url.origin}${url.pathname}`;
    if (address === `${this.base}/config`) return Response.json(this.config());
    if (address === `${this.api}/info`) return Response.json({ named_endpoints: {}, unnamed_endpoints: {} });
    try {
      if (address === `${this.api}/queue/join`) return await this.join(url, init);
      if (address === `${this.api}/queue/data`) return await this.join(url, this.withEventId(init));
      if (address === `${this.api}/run/predict`) return await this.run(init);
      throw new HugwireError('blocked', `An unexpected request to ${url.host} was stopped.`);
    } catch (error) {
      const failure = networkError(this.options.app.site, error);
      this.fail(failure);
      throw failure;
    }
  }

  /** What the client library's `stream` is replaced by; its handlers are set after this returns. */
  stream(url: URL): EventSource {
    const source = { onmessage: null, onerror: null, onopen: null, close() {} } as unknown as EventSource;
    this.listening = this.listen(url, source).catch((error) => {
      if (!this.over) this.fail(networkError(this.options.app.site, error));
    });
    return source;
  }

  /**
   * Drops every connection. First, within `cancelMs`, a call that is not over is cancelled at the Space, and one that is
   * gets its stream read to the end: were it cut off, the app could take the session's next call for the lost one.
   */
  async leave(): Promise<void> {
    await this.withinCancelTime(this.over ? this.listening : this.cancel());
    this.abort.abort();
  }

  /** The least that the client library needs of `/config`: what it does not know it cannot act on. */
  private config(): Record<string, unknown> {
    const { app, endpoint } = this.options;
    return {
      version: app.version,
      protocol: this.protocol,
      root: this.base,
      api_prefix: app.apiPrefix,
      connect_heartbeat: false,
      components: [],
      dependencies: [
        {
          id: endpoint.fnIndex,
          inputs: endpoint.slots.map((_, slot) => slot),
          outputs: [],
          queue: endpoint.queue,
          connection: 'sse',
          targets: [],
        },
      ],
    };
  }

  private async join(url: URL, init: RequestInit): Promise<Response> {
    const late = this.clock.after(this.limits.joinMs, () => {
      this.fail(new HugwireError('timeout', `${this.options.app.site.id} did not take the call into its queue.`));
    });
    const request = this.options.net(url.href, { ...init, signal: this.abort.signal }).then(async (response) => {
      const text = await readText(response, this.limits.maxJoin, 'The answer of the queue');
      const body = parseObject(text);
      if (response.status !== 200) throw joinError(this.options.app.site, response.status, body);
      if (typeof body?.event_id === 'string' && EVENT_ID.test(body.event_id)) this.eventId = body.event_id;
      else if (!this.eventId) throw joinError(this.options.app.site, response.status, body);
      return Response.json({ event_id: this.eventId });
    });
    this.joining = request.catch(() => {});
    try {
      return await request;
    } finally {
      late();
    }
  }

  /** Gradio's first event protocol wants the id back that it sent on the stream; the library leaves it out. */
  private withEventId(init: RequestInit): RequestInit {
    return { ...init, body: JSON.stringify({ ...parseObject(String(init.body)), event_id: this.eventId }) };
  }

  private async run(init: RequestInit): Promise<Response> {
    const { app, endpoint, net } = this.options;
    const name = encodeURIComponent(endpoint.name.replace(/^\//, ''));
    const response = await net(`${this.api}/run/${name}`, { ...init, signal: this.abort.signal });
    const text = await readText(response, this.limits.maxMessage, 'The answer');
    this.over = true;
    const body = parseObject(text);
    if (response.status === 500 && body && 'error' in body) {
      throw runError(app.site, { error: body.error, title: body.title }, this.options.sentToken);
    }
    if (response.status !== 200 || !Array.isArray(body?.data)) {
      throw joinError(app.site, response.status, body);
    }
    return Response.json({ data: body.data });
  }

  private async listen(url: URL, source: EventSource): Promise<void> {
    if (`${url.origin}${url.pathname}`.replace(/\/queue\/(data|join)$/, '') !== this.api) {
      throw new HugwireError('blocked', `An unexpected stream from ${url.host} was stopped.`);
    }
    const { app, net } = this.options;
    const idle = watchIdle(this.clock, this.limits.idleMs, () => {
      this.fail(new HugwireError('timeout', `${app.site.id} went silent: not even a heartbeat came.`));
    });
    try {
      const response = await net(url.href, { headers: { accept: 'text/event-stream' }, signal: this.abort.signal });
      if (response.status !== 200 || !response.body) throw streamError(app.site, response.status);
      for await (const text of readEvents(response.body, this.limits, idle.touch)) {
        if (!this.over) this.accept(text, source);
      }
      if (!this.over) throw lostError(app.site);
    } finally {
      idle.stop();
    }
  }

  private accept(text: string, source: EventSource): void {
    const { app, sentToken, onPartial } = this.options;
    const admission = this.admit(text);
    if (!admission) return;
    if (admission.kind === 'partial') return onPartial?.(admission.data);
    if (admission.kind === 'pass') {
      this.over = admission.completed;
      this.eventId ??= announcedId(text);
      source.onmessage?.({ data: admission.text } as MessageEvent);
      return;
    }
    this.over = true;
    if (admission.kind === 'raised') this.fail(runError(app.site, admission.raised, sentToken));
    else if (admission.kind === 'full') this.fail(joinError(app.site, 503, { detail: 'Queue is full.' }));
    else if (admission.kind === 'stopped')
      this.fail(new HugwireError('cancelled', `${app.site.id} cancelled the run.`));
    else this.fail(lostError(app.site, admission));
  }

  private async cancel(): Promise<void> {
    // A join that is on its way becomes a run that nobody would stop.
    await this.joining;
    if (!this.eventId || this.over) return;
    const { net } = this.options;
    const response = await net(`${this.api}/cancel`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ event_id: this.eventId, session_hash: this.sessionHash, fn_index: this.fnIndex }),
      signal: this.abort.signal,
    });
    await response.body?.cancel();
  }

  private async withinCancelTime(work: Promise<void> | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const callOff = this.clock.after(this.limits.cancelMs, resolve);
      // That the Space does not hear it changes nothing for the caller: dropping the connection says the same.
      Promise.resolve(work)
        .catch(() => {})
        .then(() => {
          callOff();
          resolve();
        });
    });
  }
}

function announcedId(text: string): string | undefined {
  const message = parseObject(text);
  const id = message?.msg === 'send_data' ? message.event_id : undefined;
  return typeof id === 'string' && EVENT_ID.test(id) ? id : undefined;
}

async function readText(response: Response, maxBytes: number, what: string): Promise<string> {
  return new TextDecoder().decode(await readCapped(response, maxBytes, what));
}
