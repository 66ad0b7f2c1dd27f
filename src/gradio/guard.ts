import { setImmediate } from 'node:timers/promises';
import { HugwireError } from '../lib/errors.js';
import { readBody } from '../lib/http.js';
import { isObject, parseJsonObject } from '../lib/json.js';
import { readJson } from '../lib/large-json.js';
import { readEvents } from '../lib/sse.js';
import { waitAtMost } from '../lib/time.js';
import { joinError, lostError, networkError, runError, streamError } from './errors.js';
import { isEventId, type Message, MessageFilter, type Outputs } from './messages.js';
import type { App, Endpoint } from './types.js';

/** What one call may take of time and memory. */
export const CALL_LIMITS = {
  /** Milliseconds for an upload, besides those that its size takes at 64 kB/s. */
  uploadMs: 60_000,
  /** Milliseconds until the queue has taken the call. */
  joinMs: 30_000,
  /** Milliseconds without a byte; Gradio sends a heartbeat every 15 s. */
  idleMs: 60_000,
  /** Milliseconds for telling the Space that a call is given up. */
  cancelMs: 1_000,
  /** Milliseconds that the stream of a finished call may take to end. */
  endMs: 250,
  /** Bytes of the answer to a join. */
  maxJoin: 2 ** 20,
  /** Bytes of one message or of an unqueued answer. */
  maxMessage: 32 * 2 ** 20,
  /** Bytes of all messages of one call. */
  maxStream: 256 * 2 ** 20,
};

interface GuardOptions {
  app: App;
  endpoint: Endpoint;
  /** Cannot leave the app's origin. */
  net: typeof fetch;
  sessionHash: string;
  /** The outputs that a generator has so far, hidden state included. */
  onPartial?(outputs: unknown[]): void;
  /** Whether a token went with the call: a quota error reads differently then. */
  sentToken?: boolean;
}

const MESSAGES_AT_A_STRETCH = 200;

/**
 * Stands between the client library and one call's app: all of the library's requests come here. It lets through only
 * what a call needs, and keeps the first thing that went wrong, because the library swallows errors in several places.
 */
export class CallGuard {
  /** Rejects with the first failure; never resolves. */
  readonly failed: Promise<never>;
  /** Gradio's event protocol, such as `sse_v3`. */
  readonly protocol: string;
  /** Where the app's API is, without a trailing slash. */
  private readonly api: string;
  private reject: (error: HugwireError) => void = () => {};
  private readonly abort = new AbortController();
  private readonly filter: MessageFilter;
  private eventId?: string;
  private joining?: Promise<unknown>;
  private listening?: Promise<void>;
  private closing?: Promise<unknown>;
  /** True once the app is done with the call, well or badly: then there is nothing to cancel. */
  private over = false;
  /** What the function returned, once it has: the client library gets an empty answer, since it would parse it all again. */
  outputs?: Outputs;

  constructor(private readonly options: GuardOptions) {
    const { site, apiPrefix, config } = options.app;
    this.api = `${site.base}${apiPrefix}`;
    this.protocol = String(config.protocol ?? 'ws');
    this.filter = new MessageFilter(this.protocol);
    this.failed = new Promise((_, reject) => {
      this.reject = reject;
    });
    // Whoever waits for it sees it; a call that ended well does not wait any more.
    this.failed.catch(() => {});
  }

  /** Ends the call with an error; only the first one counts. */
  fail(error: HugwireError): void {
    this.reject(error);
  }

  /** Sends a request of the client library, if it is one that a call needs. */
  async fetch(url: URL, init: RequestInit): Promise<Response> {
    const { app, endpoint } = this.options;
    const address = `${url.origin}${url.pathname}`;
    try {
      if (address === `${this.api}/queue/join`) return await this.join(url, init);
      if (address === `${this.api}/queue/data`) return await this.join(url, this.withEventId(init));
      // A name with dots in it must not lead to anything else at the same origin.
      const isRun = url.href === new URL(`${this.api}/run${endpoint.name}`).href;
      if (isRun && address.startsWith(`${this.api}/run/`)) return await this.run(url, init);
      throw new HugwireError('blocked', `An unexpected request to ${url.host} was stopped.`);
    } catch (error) {
      const failure = networkError(app.site, error);
      this.fail(failure);
      throw failure;
    }
  }

  /** Opens the stream of the call's messages; the library sets the handlers after this returns. */
  stream(url: URL): EventSource {
    const source = new MessageSource(url.href);
    this.listening = this.listen(url, source).catch((error) => {
      if (!this.over) this.fail(networkError(this.options.app.site, error));
    });
    return source;
  }

  /**
   * Drops every connection. Before that, a call that is not over is cancelled at the app; one that is over gets its
   * stream read to the end, since an app that sees it cut off clears the session, with the next call in it.
   */
  async leave(): Promise<void> {
    await waitAtMost(CALL_LIMITS.cancelMs, this.over ? this.closing : this.cancel());
    if (this.over) await waitAtMost(CALL_LIMITS.endMs, this.listening);
    this.abort.abort();
  }

  private async join(url: URL, init: RequestInit): Promise<Response> {
    const { site } = this.options.app;
    const late = setTimeout(
      () => this.fail(new HugwireError('timeout', `${site.id} did not take the call into its queue.`)),
      CALL_LIMITS.joinMs,
    );
    const request = this.send(url, init, CALL_LIMITS.maxJoin).then(({ status, body }) => {
      if (status !== 200) throw joinError(site, status, body);
      if (isEventId(body?.event_id)) this.eventId = body.event_id;
      else if (!this.eventId) throw joinError(site, status, body);
      return Response.json({ event_id: this.eventId });
    });
    this.joining = request;
    return request.finally(() => clearTimeout(late));
  }

  /** Gradio's first event protocol wants the id back that it sent on the stream; the library leaves it out. */
  private withEventId(init: RequestInit): RequestInit {
    return { ...init, body: JSON.stringify({ ...parseJsonObject(String(init.body)), event_id: this.eventId }) };
  }

  /** A function that its author took out of the queue: the answer is the result. */
  private async run(url: URL, init: RequestInit): Promise<Response> {
    const { app, endpoint, sentToken } = this.options;
    const { status, body, raw } = await this.send(url, init, CALL_LIMITS.maxMessage);
    this.over = true;
    if (status === 200 && raw !== undefined) this.outputs = { raw };
    if (status === 500 && body && 'error' in body) {
      throw runError(app.site, { error: body.error, title: body.title }, sentToken, endpoint);
    }
    if (status === 200 && Array.isArray(body?.data)) this.outputs = { data: body.data };
    if (!this.outputs) throw joinError(app.site, status, body);
    return Response.json({ data: [] });
  }

  private async send(url: URL, init: RequestInit, maxBytes: number) {
    const response = await this.options.net(url.href, { ...init, signal: this.abort.signal });
    const { bytes } = await readBody(response, { maxBytes, what: 'The answer of the Space' });
    const text = new TextDecoder().decode(bytes);
    const { status } = response;
    try {
      const body = await readJson(text, { what: 'The answer of the Space', deep: 'space_broken' });
      return { status, body: isObject(body) ? body : undefined };
    } catch (error) {
      if (!(error instanceof HugwireError)) return { status };
      if (error.code === 'too_large') return { status, raw: text };
      throw error;
    }
  }

  private async listen(url: URL, source: MessageSource): Promise<void> {
    const { app, net } = this.options;
    if (`${url.origin}${url.pathname}` !== `${this.api}/queue/data`) {
      throw new HugwireError('blocked', `An unexpected stream from ${url.host} was stopped.`);
    }
    // In Gradio's first event protocol the stream is the join; the library knows only the later place of either.
    const route = this.protocol === 'sse' ? 'join' : 'data';
    const idle = watchIdle(CALL_LIMITS.idleMs, () => {
      this.fail(new HugwireError('timeout', `${app.site.id} went silent: not even a heartbeat came.`));
    });
    let opened = false;
    try {
      const response = await net(`${this.api}/queue/${route}${url.search}`, {
        headers: { accept: 'text/event-stream' },
        signal: this.abort.signal,
      });
      opened = response.status === 200;
      if (response.status !== 200 || !response.body) throw streamError(app.site, response.status);
      let messages = 0;
      for await (const text of readEvents(response.body, CALL_LIMITS, idle.touch)) {
        if (!this.over) this.take(await this.filter.read(text, this.eventId), source);
        messages += 1;
        // What lies in memory already is read without a pause: a flood would keep everything else waiting.
        if (messages % MESSAGES_AT_A_STRETCH === 0) await setImmediate();
      }
      if (!this.over) throw lostError(app.site);
    } catch (error) {
      throw opened && !(error instanceof HugwireError) ? lostError(app.site) : error;
    } finally {
      idle.stop();
    }
  }

  private take(message: Message | undefined, source: MessageSource): void {
    const { app, endpoint, sentToken, onPartial } = this.options;
    if (!message) return;
    if (message.kind === 'partial') return onPartial?.(message.data);
    if (message.kind === 'pass') {
      if (isEventId(message.announcedId)) this.eventId = message.announcedId;
      return source.deliver(message.text);
    }
    this.over = true;
    // A live stream would wait for its next piece, which never comes, until its time is up.
    if (message.kind === 'streamed') this.closing = this.tell(`stream/${this.eventId}/close`).catch(() => {});
    if (message.kind === 'completed' || message.kind === 'streamed') {
      this.outputs = message.outputs;
      const empty = { msg: 'process_completed', event_id: message.eventId, output: { data: [] }, success: true };
      return source.deliver(JSON.stringify(empty));
    }
    if (message.kind === 'raised') this.fail(runError(app.site, message.raised, sentToken, endpoint));
    else if (message.kind === 'full') this.fail(joinError(app.site, 503, { detail: 'Queue is full.' }));
    else if (message.kind === 'stopped') this.fail(new HugwireError('cancelled', `${app.site.id} cancelled the run.`));
    else this.fail(lostError(app.site, message));
  }

  private async cancel(): Promise<void> {
    // A join that is on its way becomes a run that nobody would stop.
    await this.joining?.catch(() => {});
    if (!this.eventId) return;
    const { endpoint, sessionHash } = this.options;
    await this.tell('cancel', { event_id: this.eventId, session_hash: sessionHash, fn_index: endpoint.fnIndex });
  }

  /** Tells the app something whose answer does not matter. */
  private async tell(route: string, body: object = {}): Promise<void> {
    const response = await this.options.net(`${this.api}/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: this.abort.signal,
    });
    await response.body?.cancel();
  }
}

/** The stream of messages as the client library takes it; Node 20 has no EventSource. */
class MessageSource extends EventTarget implements EventSource {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readonly readyState = 1;
  readonly withCredentials = false;
  onopen: EventSource['onopen'] = () => {};
  onmessage: EventSource['onmessage'] = () => {};
  onerror: EventSource['onerror'] = () => {};

  constructor(readonly url: string) {
    super();
  }

  deliver(data: string): void {
    this.onmessage(new MessageEvent('message', { data }));
  }

  // The guard ends the connection when the call is over.
  close(): void {}
}

/**
 * Calls `onIdle` once nothing was touched for so many milliseconds.
 * @returns `touch` starts the wait anew, `stop` ends it
 */
function watchIdle(ms: number, onIdle: () => void): { touch(): void; stop(): void } {
  let touchedAt = Date.now();
  // Touching is much more frequent than idling: it only notes the time, and the timer catches up when it fires.
  const check = (): void => {
    const left = touchedAt + ms - Date.now();
    if (left <= 0) onIdle();
    else timer = setTimeout(check, left);
  };
  let timer = setTimeout(check, ms);
  return {
    touch() {
      touchedAt = Date.now();
    },
    stop: () => clearTimeout(timer),
  };
}
