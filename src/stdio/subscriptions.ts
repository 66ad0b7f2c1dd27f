import type { JSONRPCMessage, JSONRPCRequest, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { meta } from '../engine/mcp.js';

/** The `subscriptions/listen` requests of one connection: in revision 2026-07-28 only they are told of changes. */
export class Subscriptions {
  readonly #send: (message: JSONRPCMessage) => Promise<void>;
  /** Open requests, and whether each wants to hear of the tool list. */
  readonly #open = new Map<RequestId, boolean>();

  /** @param send writes to the client */
  constructor(send: (message: JSONRPCMessage) => Promise<void>) {
    this.#send = send;
  }

  /** Opens a subscription and says which part of its filter is honoured. */
  open({ id, params }: JSONRPCRequest): void {
    const filter = params?.notifications as { toolsListChanged?: boolean } | undefined;
    const wanted = filter?.toolsListChanged === true;
    this.#open.set(id, wanted);
    const notifications = wanted ? { toolsListChanged: true } : {};
    void this.#notify('notifications/subscriptions/acknowledged', id, { notifications });
  }

  /** Forgets a subscription that its client cancelled; tells whether there was one. */
  end(id: RequestId): boolean {
    return this.#open.delete(id);
  }

  /** Tells every subscriber that the tool list has changed. */
  async toolsChanged(): Promise<void> {
    for (const [id, wanted] of this.#open) if (wanted) await this.#notify('notifications/tools/list_changed', id);
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
