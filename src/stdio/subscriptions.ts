import type { JSONRPCMessage, JSONRPCRequest, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { meta } from '../engine/mcp.js';

/** What can be subscribed to, by the notification that tells of it. */
const LISTS = {
  'notifications/tools/list_changed': 'toolsListChanged',
  'notifications/prompts/list_changed': 'promptsListChanged',
} as const;

type ListChange = keyof typeof LISTS;
const PROMPTS: ListChange = 'notifications/prompts/list_changed';

/** Whether a notification tells that a list has changed. */
export const isListChange = (method: string): method is ListChange => Object.hasOwn(LISTS, method);

/** The `subscriptions/listen` requests of one connection: in revision 2026-07-28 only they are told of changes. */
export class Subscriptions {
  readonly #send: (message: JSONRPCMessage) => Promise<void>;
  /** Open requests, and the lists that each wants to hear of. */
  readonly #open = new Map<RequestId, readonly ListChange[]>();

  /** @param send writes to the client */
  constructor(send: (message: JSONRPCMessage) => Promise<void>) {
    this.#send = send;
  }

  /**
   * Opens a subscription and says which part of its filter is honoured.
   * @param request of a client
   * @param hasPrompts whether there are prompts that could change
   */
  open({ id, params }: JSONRPCRequest, hasPrompts: boolean): void {
    const filter = params?.notifications as Partial<Record<string, boolean>> | undefined;
    const known = (Object.keys(LISTS) as ListChange[]).filter((one) => hasPrompts || one !== PROMPTS);
    const wanted = known.filter((one) => filter?.[LISTS[one]] === true);
    this.#open.set(id, wanted);
    const notifications = Object.fromEntries(wanted.map((one) => [LISTS[one], true]));
    void this.#notify('notifications/subscriptions/acknowledged', id, { notifications });
  }

  /** Forgets a subscription that its client cancelled; tells whether there was one. */
  end(id: RequestId): boolean {
    return this.#open.delete(id);
  }

  /** Tells every subscriber that a list has changed. */
  async tell(change: ListChange): Promise<void> {
    for (const [id, wanted] of this.#open) if (wanted.includes(change)) await this.#notify(change, id);
  }

  /** Ends every subscription from our side, as the server does when it stops. */
  async close(): Promise<void> {
    const ids = [...this.#open.keys()];
    this.#open.clear();
    for (const id of ids) {
      const result = { resultType: 'complete', _meta: { [meta('subscriptionId')]: id } };
      await this.#send({ jsonrpc: '2.0', id, result });
    }
  }

  #notify(method: string, id: RequestId, params: object = {}): Promise<void> {
    return this.#send({ jsonrpc: '2.0', method, params: { ...params, _meta: { [meta('subscriptionId')]: id } } });
  }
}
