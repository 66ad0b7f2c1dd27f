/** A message of `GET /gradio_api/queue/data`. */
export interface Message {
  msg: string;
  event_id: string | null;
  [field: string]: unknown;
}

/** The messages of one session: kept until its stream is opened, then passed on as they come. */
export class Mailbox {
  readonly #pending = new Set<string>();
  readonly #kept: Message[] = [];
  #reader: ((message: Message) => void) | undefined;

  /** @param eventId a job whose messages are still to come */
  expect(eventId: string): void {
    this.#pending.add(eventId);
  }

  /** Jobs that were not yet reported complete. */
  get pending(): string[] {
    return [...this.#pending];
  }

  /** @param message passed on, or kept while nobody reads */
  post(message: Message): void {
    if (!this.#reader) {
      this.#kept.push(message);
      return;
    }
    if (message.msg === 'process_completed' && message.event_id) this.#pending.delete(message.event_id);
    this.#reader(message);
  }

  /**
   * Hands the messages out, those kept first.
   * @param reader called with each
   */
  open(reader: (message: Message) => void): void {
    this.#reader = reader;
    for (const message of this.#kept.splice(0)) this.post(message);
  }
}
