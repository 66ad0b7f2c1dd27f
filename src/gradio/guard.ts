import { setImmediate } from 'node:timers/promises';
import { HugwireError } from '../lib/errors.js';
import { readEvents } from '../lib/sse.js';
import { atMost, type Clock, systemClock, watchIdle } from './clock.js';
import { joinError, lostError, networkError, runError, streamError } from './errors.js';
import { type Admission, createGate, isEventId, parseObject } from './messages.js';
import { readCapped } from './origin.js';
import type { App, Endpoint } from './types.js';

interface GuardOptions {
  app: App;
  endpoint: Endpoint;
  /** Pinned to the Space's origin (`pinFetch`). */
  net: typeof fetch;
  sessionHash: string;
  /** The outputs that a generator has so far, hidden state included. */
  onPartial?(outputs: unknown[]): void;
  /** Whether a token went with the call: a quota error reads differently then. */
  sentToken?: boolean;
  clock?: Clock;
  limits?: Partial<CallLimits>;
}

const MESSAGES_AT_A_STRETCH = 200;

/**
 * Stands between the client library and one call's Space: all of the library's requests come here. It lets through only
 * what a call needs, and keeps the first thing that went wrong, because the library swallows errors in several places.
 */
export class CallGuard {
  readonly app: App;
  readonly endpoint: Endpoint;
  readonly sessionHash: string;
  /** Gradio's event protocol, such as `sse_v3`. */
  readonly protocol: string;
  /** Rejects with the first failure; never resolves. */
  readonly failed: Promise<never>;
  private reject: (error: HugwireError) => void = () => {};
  private readonly net: typeof fetch;
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
    this.app = options.app;
    this.endpoint = options.endpoint;
    this.sessionHash = options.sessionHash;
    this.net = options.net;
    this.protocol = String(options.app.raw.config.protocol ?? 'ws');
    this.limits = { ...CALL_LIMITS, ...options.limits };
    this.clock = options.clock ?? systemClock;
    this.admit = createGate(this.protocol, () => this.eventId);
    this.failed = new Promise((_, reject) => {
      this.reject = reject;
    });
    // Whoever waits for it sees it; a call that ended well does not wait any more.
    this.failed.catch(() => {});
  }

  /** Where the app's API is, without a trailing slash. */
  get api(): string {
    return `${this.app.site.base}${this.app.apiPrefix}`;
  }

  /** Ends the call with an error; only the first one counts. */
  fail(error: HugwireError): void {
    this.reject(error);
  }

  /** Sends a request of the client library, if it is one that a call needs. */
  async fetch(url: URL, init: RequestInit): Promise<Response> {
    const address = `${url.origin}${url.pathname}`;
    try {
      if (address === `${this.api}/queue/join`) return await this.join(url, init);
      if (address === `${this.api}/queue/data`) return await this.join(url, this.withEventId(init));
      if (address === `${this.api}/run/predict`) return await this.run(init);
      throw new HugwireError('blocked', `An unexpected request to ${url.host} was stopped.`);
    } catch (error) {
      const failure = networkError(this.app.site, error);
      this.fail(failure);
      throw failure;
    }
  }

  /** Opens the stream of the call's messages; the library sets the handlers after this returns. */
  stream(url: URL): EventSource {
    const source = { onmessage: null, onerror: null, onopen: null, close() {} } as unknown as EventSource;
    // In Gradio's first event protocol the stream is the join; the library asks at the place of the later ones.
    const address = this.protocol === 'sse' ? url.href.replace('/queue/data?', '/queue/join?') : url.href;
    this.listening = this.listen(new URL(address), source).catch((error) => {
      if (!this.over) this.fail(networkError(this.app.site, error));
    });
    return source;
  }

  /**
   * Drops every connection. Before that, a call that is not over is cancelled at the Space; one that is over gets its
   * stream read to the end, since an app that sees it cut off clears the session, with the next call in it.
   */
  async leave(): Promise<void> {
    if (this.over) await atMost(this.clock, this.limits.endMs, this.listening);
    else await atMost(this.clock, this.limits.cancelMs, this.cancel());
    this.abort.abort();
  }

  private async join(url: URL, init: RequestInit): Promise<Response> {
    const late = this.clock.after(this.limits.joinMs, () => {
      this.fail(new HugwireError('timeout', `${this.app.site.id} did not take the call into its queue.`));
    });
    const request = this.net(url.href, { ...init, signal: this.abort.signal }).then(async (response) => {
      const body = await readObject(response, this.limits.maxJoin);
      if (response.status !== 200) throw joinError(this.app.site, response.status, body);
      if (isEventId(body?.event_id)) this.eventId = body.event_id;
      else if (!this.eventId) throw joinError(this.app.site, response.status, body);
      return Response.json({ event_id: this.eventId });
    });
    this.joining = request;
    return request.finally(late);
  }

  /** Gradio's first event protocol wants the id back that it sent on the stream; the library leaves it out. */
  private withEventId(init: RequestInit): RequestInit {
    return { ...init, body: JSON.stringify({ ...parseObject(String(init.body)), event_id: this.eventId }) };
  }

  /** A function that its author took out of the queue: the answer is the result. */
  private async run(init: RequestInit): Promise<Response> {
    const name = encodeURIComponent(this.endpoint.name.replace(/^\//, ''));
    const response = await this.net(`${this.api}/run/${name}`, { ...init, signal: this.abort.signal });
    const body = await readObject(response, this.limits.maxMessage);
    this.over = true;
    if (response.status === 500 && body && 'error' in body) {
      throw runError(this.app.site, { error: body.error, title: body.title }, this.options.sentToken);
    }
    if (response.status !== 200 || !Array.isArray(body?.data)) throw joinError(this.app.site, response.status, body);
    return Response.json({ data: body.data });
  }

  private async listen(url: URL, source: EventSource): Promise<void> {
    const { site } = this.app;
    if (`${url.origin}${url.pathname}`.replace(/\/queue\/(data|join)$/, '') !== this.api) {
      throw new HugwireError('blocked', `An unexpected stream from ${url.host} was stopped.`);
    }
    const idle = watchIdle(this.clock, this.limits.idleMs, () => {
      this.fail(new HugwireError('timeout', `${site.id} went silent: not even a heartbeat came.`));
    });
    let opened = false;
    try {
      const signal = this.abort.signal;
      const response = await this.net(url.href, { headers: { accept: 'text/event-stream' }, signal });
      opened = response.status === 200;
      if (response.status !== 200 || !response.body) throw streamError(site, response.status);
      let messages = 0;
      for await (const text of readEvents(response.body, this.limits, idle.touch)) {
        if (!this.over) this.accept(text, source);
        messages += 1;
        // What lies in memory already is read without a pause: a flood would keep everything else waiting.
        if (messages % MESSAGES_AT_A_STRETCH === 0) await setImmediate();
      }
      if (!this.over) throw lostError(site);
    } catch (error) {
      throw opened && !(error instanceof HugwireError) ? lostError(site) : error;
    } finally {
      idle.stop();
    }
  }

  private accept(text: string, source: EventSource): void {
    const { site } = this.app;
    const admission = this.admit(text);
    if (!admission) return;
    if (admission.kind === 'partial') return this.options.onPartial?.(admission.data);
    if (admission.kind === 'pass') {
      this.over = admission.completed;
      if (isEventId(admission.announcedId)) this.eventId = admission.announcedId;
      source.onmessage?.({ data: admission.text } as MessageEvent);
      return;
    }
    this.over = true;
    if (admission.kind === 'raised') this.fail(runError(site, admission.raised, this.options.sentToken));
    else if (admission.kind === 'full') this.fail(joinError(site, 503, { detail: 'Queue is full.' }));
    else if (admission.kind === 'stopped') this.fail(new HugwireError('cancelled', `${site.id} cancelled the run.`));
    else this.fail(lostError(site, admission));
  }

  private async cancel(): Promise<void> {
    // A join that is on its way becomes a run that nobody would stop.
    await this.joining?.catch(() => {});
    if (!this.eventId) return;
    const response = await this.net(`${this.api}/cancel`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        event_id: this.eventId,
        session_hash: this.sessionHash,
        fn_index: this.endpoint.fnIndex,
      }),
      signal: this.abort.signal,
    });
    await response.body?.cancel();
  }
}

async function readObject(response: Response, maxBytes: number): Promise<Record<string, unknown> | undefined> {
  return parseObject(new TextDecoder().decode(await readCapped(response, maxBytes, 'The answer of the Space')));
}

/** What one call may take of time and memory. */
export interface CallLimits {
  /** Milliseconds for an upload, besides those that its size takes at 64 kB/s. */
  uploadMs: number;
  /** Milliseconds until the queue has taken the call. */
  joinMs: number;
  /** Milliseconds without a byte; Gradio sends a heartbeat every 15 s. */
  idleMs: number;
  /** Milliseconds for telling the Space that a call is given up. */
  cancelMs: number;
  /** Milliseconds that the stream of a finished call may take to end. */
  endMs: number;
  /** Bytes of the answer to a join. */
  maxJoin: number;
  /** Bytes of one message or of an unqueued answer. */
  maxMessage: number;
  /** Bytes of all messages of one call. */
  maxStream: number;
}

export const CALL_LIMITS: CallLimits = {
  uploadMs: 60_000,
  joinMs: 30_000,
  idleMs: 60_000,
  cancelMs: 1_000,
  endMs: 250,
  maxJoin: 2 ** 20,
  maxMessage: 32 * 2 ** 20,
  maxStream: 256 * 2 ** 20,
};
