import { HugwireError } from '../../lib/errors.js';
import { parseJson } from '../../lib/json.js';
import { cleanLine } from '../../lib/text.js';
import { waitAtMost } from '../../lib/time.js';
import type { LogKey } from '../../sessions/shared-logs.js';
import { eventStore, KEPT_EVENTS, localBus } from './events.js';
import type { State, StateEvent } from './types.js';

export const REDIS_LIMITS = {
  /** Milliseconds until a command has failed: without it, one that a hung Redis has taken would hang with it. */
  answerMs: 2_000,
  /** Milliseconds of a try to connect; also how long the start waits for the first one. */
  connectMs: 3_000,
  /** Milliseconds without a byte after which a connection is made anew; a ping goes out every third of it. */
  silenceMs: 9_000,
  /** Milliseconds between two tries to connect, at most. */
  retryMs: 1_000,
};

/** Everything of hugwire's is below it. */
const PREFIX = 'hugwire:';
const RENEW = `if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end return redis.call('pexpire', KEYS[1], ARGV[2])`;
const DELETE = `if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end return redis.call('del', KEYS[1])`;
/** `PEXPIRE … NX` would need Redis 7. */
const HIT = `local count = redis.call('incrby', KEYS[1], ARGV[2])
if count == tonumber(ARGV[2]) then redis.call('pexpire', KEYS[1], ARGV[1]) end
return count`;

/** `KEYS`: the log, its bytes, the index of its group. Once it has begun all three are kept as long. */
const ADD = `local length = redis.call('llen', KEYS[1])
if ARGV[1] == '' and length == 0 or ARGV[1] ~= '' and length ~= tonumber(ARGV[1]) then return 'other' end
if tonumber(redis.call('get', KEYS[2]) or 0) + ARGV[2] > tonumber(ARGV[3]) then return 'full' end
redis.call('incrby', KEYS[2], ARGV[2])
for at = 7, #ARGV do redis.call('rpush', KEYS[1], ARGV[at]) end
redis.call('zadd', KEYS[3], ARGV[5], ARGV[6])
redis.call('zremrangebyscore', KEYS[3], '-inf', ARGV[5] - ARGV[4])
for at = 1, 3 do redis.call('pexpire', KEYS[at], ARGV[4]) end
return 'added'`;
/** Lines of a log that are asked for at once. */
const PAGE = 50;

/**
 * State in Redis or Valkey, for several instances. While it is away everything that needs it fails at once, what is
 * published reaches this instance alone, and it is tried again until it is there: also at the start.
 * @param url such as `redis://user:password@host:6379/0` or `rediss://…`; it is named in no message
 * @param log takes a line when Redis goes away, and when it is back
 * @throws HugwireError `invalid_arguments` for what is no such address; `unavailable` without the package `redis`, or when it
 *   is there and refuses
 */
export async function createRedisState(url: string, log: (line: string) => void): Promise<State> {
  if (!/^rediss?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new HugwireError('invalid_arguments', 'The address of the state is not one of Redis or Valkey.', {
      hint: 'It looks like redis://HOST:6379/0; rediss:// is for TLS, and a user and password go before the host.',
    });
  }
  const { createClient } = await import('redis').catch((cause) => {
    throw new HugwireError(
      'unavailable',
      'State in Redis or Valkey needs the package "redis", which is not installed.',
      {
        hint: 'Install it beside hugwire: npm install redis (globally: npm install -g hugwire redis; with npx: npx -p hugwire -p redis hugwire serve --http …).',
        cause,
      },
    );
  });
  const { answerMs, connectMs, silenceMs, retryMs } = REDIS_LIMITS;
  const db = createClient({
    url,
    // What comes while Redis is unavailable fails at once, rather than when it is back.
    disableOfflineQueue: true,
    pingInterval: silenceMs / 3,
    socket: {
      connectTimeout: connectMs,
      socketTimeout: silenceMs,
      reconnectStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 10), retryMs),
    },
  });
  // A connection that listens can do nothing else; its subscription waits for it.
  const ear = db.duplicate({ disableOfflineQueue: false });

  /** Why it is there and does not let hugwire in. To be tried again at the start would only hide that. */
  let refusal: string | undefined;
  let refuse: (error: unknown) => void = () => {};
  const refused = new Promise<void>((resolve) => {
    refuse = (error) => {
      refusal = explain(error);
      resolve();
    };
  });
  let isAway: boolean | undefined;
  const onError = (error: unknown): void => {
    if (/^(?:WRONGPASS|NOAUTH|NOPERM)\b/.test(String(Object(error).message))) refuse(error);
    if (isAway) return;
    isAway = true;
    log(`Redis is unavailable: ${explain(error)}. What reads the Hub goes on; jobs wait for it.`);
  };
  db.on('error', onError);
  db.on('ready', () => {
    if (isAway) log('Redis is back');
    isAway = false;
  });
  // The other connection tells of the same.
  ear.on('error', () => {});

  const local = localBus();
  const channel = `${PREFIX}${Number(new URL(url).pathname.slice(1)) || 0}:events`;
  let isFirst = true;
  ear.on('ready', () => {
    // What was published while this instance did not hear it is lost: a change of the list may have been among it.
    if (!isFirst) local.publish({ kind: 'tools_list_changed' });
    isFirst = false;
  });
  const hear = (text: string): void => {
    const event = parseJson(text) as Partial<StateEvent> | undefined;
    if (typeof event?.kind === 'string') local.publish(event as StateEvent);
  };
  // Whatever comes over a connection before it is let in is refused as well, which hides why.
  const connected = Promise.all([db.connect(), ear.connect().then(() => ear.subscribe(channel, hear))]);
  connected.catch(refuse);
  await waitAtMost(connectMs, Promise.race([connected, refused]));
  const close = () => {
    for (const client of [db, ear]) if (client.isOpen) client.destroy();
  };
  if (refusal) {
    close();
    throw new HugwireError('unavailable', `Redis did not let hugwire in: ${refusal}.`, {
      hint: 'Check the user and the password in the address of the state.',
    });
  }

  /** Waits for an answer, but not for ever. */
  async function ask<T>(request: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${answerMs} ms`)), answerMs);
    });
    try {
      return await Promise.race([request, late]);
    } catch (cause) {
      throw new HugwireError('unavailable', 'The store that the instances of this server share is unavailable.', {
        hint: 'Tools that only read the Hub work meanwhile. Try again in a few seconds.',
        retryAfterSeconds: 5,
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }
  const run = (script: string, keys: string | string[], ...values: string[]) =>
    ask(db.eval(script, { keys: [keys].flat().map((key) => PREFIX + key), arguments: values }));
  const logKey = ({ group, name }: LogKey): string => `${group}:${name}`;

  const history = {
    async append(key: string, text: string) {
      const { count, ms } = KEPT_EVENTS;
      const TRIM = { strategy: 'MAXLEN', strategyModifier: '~', threshold: count } as const;
      const adding = db
        .multi()
        .xAdd(PREFIX + key, '*', { text }, { TRIM })
        .pExpire(PREFIX + key, ms)
        .exec();
      const [position] = await ask(adding);
      return String(position);
    },
    async after(key: string, position: string) {
      const entries = await ask(db.xRange(PREFIX + key, `(${position}`, '+', { COUNT: KEPT_EVENTS.count }));
      return (entries ?? []).map(({ id, message }) => ({ position: id, text: String(message.text) }));
    },
  };

  return {
    bus: {
      // It comes back to this instance's listeners by the subscription; where it cannot go out, they at least are told.
      publish(event) {
        ask(db.publish(channel, JSON.stringify(event))).catch(() => local.publish(event));
      },
      subscribe: local.subscribe,
    },
    async get(key) {
      const text = await ask(db.get(PREFIX + key));
      return text === null ? undefined : parseJson(text);
    },
    async set(key, value, ms, { ifAbsent = false } = {}) {
      const expiration = { type: 'PX', value: ms } as const;
      const options = ifAbsent ? ({ expiration, condition: 'NX' } as const) : { expiration };
      return (await ask(db.set(PREFIX + key, JSON.stringify(value), options))) === 'OK';
    },
    renew: async (key, value, ms) => (await run(RENEW, key, JSON.stringify(value), String(ms))) === 1,
    async del(key, value) {
      await (value === undefined ? ask(db.del(PREFIX + key)) : run(DELETE, key, JSON.stringify(value)));
    },
    hit: async (key, windowMs, more = 1) => Number(await run(HIT, key, String(windowMs), String(more))),
    events: (session) => eventStore(history, session),
    logs: {
      async add(log, lines, { ms, length = '', most }) {
        const key = logKey(log);
        const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
        const facts = [length, bytes, most, ms, Date.now()].map(String);
        const answer = await run(ADD, [key, `${key}:bytes`, log.group], ...facts, log.name, ...lines);
        return answer === 'added' || answer === 'full' ? answer : 'other';
      },
      read: (log, from) => ask(db.lRange(PREFIX + logKey(log), from, from + PAGE - 1)),
      async list(group) {
        const index = await ask(db.zRangeWithScores(PREFIX + group, 0, -1, { REV: true }));
        const sizes = await Promise.all(index.map(({ value }) => ask(db.get(`${PREFIX}${group}:${value}:bytes`))));
        return index.flatMap(({ value, score }, at) =>
          sizes[at] === null ? [] : { name: value, changedAt: score, bytes: Number(sizes[at]) },
        );
      },
      async remove({ group, name }) {
        const key = PREFIX + logKey({ group, name });
        const gone = db
          .multi()
          .del(key)
          .del(`${key}:bytes`)
          .zRem(PREFIX + group, name)
          .exec();
        return Number((await ask(gone))[0]) === 1;
      },
    },
    close: async () => close(),
  };
}

/** What kept Redis away, in a few words: codes and Redis's own; never an address with a password. */
function explain(error: unknown): string {
  const { code, message } = Object(error) as { code?: string; message?: string };
  return code ?? (cleanLine(message, 120).replace(/[.]$/, '') || 'no reason given');
}
