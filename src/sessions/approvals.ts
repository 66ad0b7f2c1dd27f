import { createHash } from 'node:crypto';
import * as z from 'zod';
import { HugwireError } from '../lib/errors.js';
import { parseJsonObject } from '../lib/json.js';
import { cleanLine } from '../lib/text.js';
import type { ApprovalRequestItem } from './items.js';
import { takeSecretsOut } from './journal.js';
import type { Logs } from './logs.js';

export const APPROVAL_LIMITS = {
  /** Milliseconds that a request waits for somebody to decide. */
  waitMs: 600_000,
  /** Milliseconds after which what was decided does not count any more. */
  keepMs: 3_600_000,
};

const REQUEST = z.object({
  /** That of the item in the conversation. */
  id: z.string(),
  conversation: z.string(),
  /** Whose the conversation is. */
  owner: z.string(),
  assistant: z.string(),
  /** `hugwire`, or the name of another MCP server. */
  server: z.string(),
  tool: z.string(),
  /** JSON as the model wrote it; secrets are taken out. */
  arguments: z.string(),
  /** What is agreed to, in whole lines. */
  message: z.string(),
  /** Stands for the call, its exact arguments and the question: a yes holds for nothing else. */
  digest: z.string(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
});

const DECISION = z.object({
  approve: z.boolean(),
  reason: z.string().optional(),
  /** Who decided: `local`, or the owner of a key. */
  by: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
});

const USE = z.object({ usedAt: z.number() });

/** A call that somebody must agree to. */
export interface Approval extends z.infer<typeof REQUEST> {
  decision?: z.infer<typeof DECISION>;
  /** Whether the call that was agreed to has begun. */
  isUsed?: boolean;
}

interface Verdict {
  approve: boolean;
  reason?: string;
}

/** Requests for approval, one log each: the request, then what was decided, once. */
export class ApprovalStore {
  readonly #logs: Logs;
  readonly #secrets: () => Promise<ReadonlySet<string>>;

  /** @param options where they are, and values that must not be kept */
  constructor({ logs, secrets }: { logs: Logs; secrets(): Promise<ReadonlySet<string>> }) {
    this.#logs = logs;
    this.#secrets = secrets;
  }

  /**
   * The requests of one conversation, as the loop wants them.
   * @param where the conversation, its owner and its assistant
   */
  of(where: Pick<Approval, 'conversation' | 'owner' | 'assistant'>) {
    /** One of another conversation does not count here. */
    const find = async (id: string): Promise<Approval | undefined> => {
      const found = await this.#find(id);
      return found?.conversation === where.conversation && found.owner === where.owner ? found : undefined;
    };
    return {
      ask: ({ id, server_label: server, name: tool, message = '', digest = '', ...item }: ApprovalRequestItem) =>
        this.#add({ id, ...where, server, tool, arguments: item.arguments, message, digest, createdAt: Date.now() }),
      decided: async (id: string): Promise<Verdict | 'waiting' | 'gone'> => {
        const found = await find(id);
        return found && !found.isUsed ? (found.decision ?? 'waiting') : 'gone';
      },
      decide: async (id: string, verdict: Verdict): Promise<void> => {
        await this.#decide(id, await find(id), verdict, where.owner);
      },
      /** Takes a yes for the call that it was given to; of several that do so at once, one alone. */
      use: async (id: string): Promise<boolean> => {
        const lines = await this.#lines(nameOf(id));
        const found = await find(id);
        if (!found?.decision?.approve || found.isUsed) return false;
        return this.#logs.add(nameOf(id), [JSON.stringify({ usedAt: Date.now() })], lines.length);
      },
    };
  }

  /**
   * What waits, and what was decided of late; the newest first.
   * @param filter of one owner, of one conversation
   */
  async list({ owner, conversation }: { owner?: string; conversation?: string } = {}): Promise<Approval[]> {
    const found = await Promise.all((await this.#logs.list()).map(({ name }) => this.#read(name)));
    return found
      .flatMap((one) => one ?? [])
      .filter((one) => (owner ?? one.owner) === one.owner && (conversation ?? one.conversation) === one.conversation)
      .sort((one, other) => other.createdAt - one.createdAt);
  }

  /** @throws HugwireError `not_found` when there is none of that id, or nobody decided in time */
  async get(id: string): Promise<Approval> {
    return (await this.#find(id)) ?? notFound(id);
  }

  /**
   * Decides; of several that do so at once, one alone.
   * @param approval as it was shown to whoever decides
   * @param by who decides: `local`, or the owner of a key
   * @throws HugwireError `invalid_arguments` when it was decided already; `not_found` when it waits no longer
   */
  async decide({ id, digest }: Pick<Approval, 'id' | 'digest'>, verdict: Verdict, by: string): Promise<Approval> {
    const found = await this.#find(id);
    return this.#decide(id, found?.digest === digest ? found : undefined, verdict, by);
  }

  async #add(request: Approval): Promise<void> {
    await this.#logs.prune(Date.now() - APPROVAL_LIMITS.keepMs);
    const safe = takeSecretsOut(request, await this.#secrets());
    // The same request is asked for once.
    await this.#logs.begin(nameOf(request.id), JSON.stringify(safe));
  }

  async #decide(id: string, found: Approval | undefined, { approve, reason }: Verdict, by: string): Promise<Approval> {
    if (!found) return notFound(id);
    const decision = takeSecretsOut({ approve, reason, by, at: Date.now() }, await this.#secrets());
    const isFirst = !found.decision && (await this.#logs.add(nameOf(id), [JSON.stringify(decision)], 1));
    if (isFirst) return { ...found, decision };
    const made = (await this.#find(id))?.decision ?? notFound(id);
    throw new HugwireError('invalid_arguments', `${showId(id)} was already ${made.approve ? 'approved' : 'denied'}.`, {
      hint: 'A decision is made once. The assistant asks again when it needs to.',
    });
  }

  async #find(id: string): Promise<Approval | undefined> {
    const found = await this.#read(nameOf(id));
    return found?.id === id ? found : undefined;
  }

  /** @returns undefined for what is no request, and where its time is over */
  async #read(name: string): Promise<Approval | undefined> {
    const lines = await this.#lines(name);
    const { data: request } = REQUEST.safeParse(lines[0]);
    if (!request || nameOf(request.id) !== name) return undefined;
    // Before it may stand what was left of a process that was killed as it wrote.
    const decision = lines.slice(1).flatMap((line) => DECISION.safeParse(line).data ?? [])[0];
    const age = Date.now() - (decision?.at ?? request.createdAt);
    if (age >= (decision ? APPROVAL_LIMITS.keepMs : APPROVAL_LIMITS.waitMs)) return undefined;
    const isUsed = lines.some((line) => USE.safeParse(line).success);
    return { ...request, decision, ...(isUsed ? { isUsed } : {}) };
  }

  async #lines(name: string): Promise<unknown[]> {
    const lines: unknown[] = [];
    for await (const text of this.#logs.read(name)) lines.push(parseJsonObject(text));
    return lines;
  }
}

const nameOf = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 32);

const showId = (id: string): string => cleanLine(id, 60) || 'This request';

function notFound(id: string): never {
  throw new HugwireError(
    'not_found',
    `No request for approval ${showId(id)} waits: nobody decided in time, or it never did.`,
    {
      hint: '`hugwire approvals list` shows what waits. The assistant asks again when it is told to go on.',
    },
  );
}
