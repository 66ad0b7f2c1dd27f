import type { ServerResponse } from 'node:http';
import type { Delta } from './types.js';

/** How long news are gathered before they are sent: calls come in bursts. */
const GATHER_MS = 100;
/** Keeps the connection open through anything in between, and lets the page notice when we are gone. */
const HEARTBEAT_MS = 15_000;
/** Beyond the snapshot, which may be larger. */
const MAX_WAITING_BYTES = 16_000_000;

/** The open pages, told of news as server-sent events. */
export class Feed {
  readonly #snapshot: () => Delta;
  /** Each with how many bytes may wait to be sent to it. */
  readonly #pages = new Map<ServerResponse, number>();
  readonly #heartbeat: NodeJS.Timeout;
  #news: Delta[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param snapshot all there is; what a page is told first */
  constructor(snapshot: () => Delta) {
    this.#snapshot = snapshot;
    this.#heartbeat = setInterval(() => this.#write(':\n\n'), HEARTBEAT_MS).unref();
  }

  /** @param response takes the answer to a page's request for events; it stays open until the page goes */
  open(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    // What is gathered is in the snapshot already.
    response.write(message('snapshot', this.#snapshot()));
    this.#pages.set(response, response.writableLength + MAX_WAITING_BYTES);
    response.once('close', () => this.#pages.delete(response));
  }

  /** Tells every page what is new, with what else comes in a moment. */
  publish(delta: Delta): void {
    if (Object.values(delta).every((part) => part === undefined)) return;
    this.#news.push(delta);
    this.#timer ??= setTimeout(() => this.#send(), GATHER_MS);
  }

  /** Ends every connection. */
  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    for (const page of this.#pages.keys()) page.end();
    this.#pages.clear();
  }

  #send(): void {
    const news = this.#news;
    this.#news = [];
    this.#timer = undefined;
    if (this.#pages.size > 0) this.#write(message('delta', merge(news)));
  }

  #write(text: string): void {
    for (const [page, most] of this.#pages) {
      // A page that does not read comes back for a snapshot.
      if (page.writableLength > most) page.destroy();
      else page.write(text);
    }
  }
}

function message(event: string, data: Delta): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function merge(news: readonly Delta[]): Delta {
  const merged: Delta = {};
  for (const { controls } of news) if (controls) merged.controls = controls;
  for (const key of ['sessions', 'calls', 'events', 'limits'] as const) {
    const records = news.flatMap((delta): Identified[] => delta[key] ?? []);
    const last = new Map(records.map((record) => [`${record.session ?? ''}/${record.id ?? record.name}`, record]));
    if (last.size > 0) Object.assign(merged, { [key]: [...last.values()] });
  }
  return merged;
}

interface Identified {
  session?: string;
  id?: string;
  name?: string;
}
