/** What wins over the same keys of `http` of the config. */
export interface HttpSettings {
  host?: string;
  port?: number;
  /** Who may call: `local` unless told. */
  auth?: 'local' | 'anonymous' | 'hub-token';
  publicUrl?: string;
  hosts?: string[];
  origins?: string[];
  sessions?: boolean;
  sse?: boolean;
}

export interface ServerOptions {
  /** A config file; the user's own unless told. */
  config?: string;
  /** Of the config, laid over it. */
  profile?: string;
  /** The environment to read; that of the process unless told. */
  env?: Record<string, string | undefined>;
  http?: HttpSettings;
  /** Takes a line for the log; nothing is written unless told. */
  log?(line: string): void;
}

export interface Server {
  /**
   * Answers a request.
   * @param options `parsedBody`: the body, if it was read as JSON already; `address`: of the client
   */
  fetch(request: Request, options?: { parsedBody?: unknown; address?: string }): Promise<Response>;
  /** Tells every client that is listening that the tool list is another one. */
  notify(): void;
  /** Says that this server is about to stop, and resolves when no request is being answered any more. */
  drain(): Promise<void>;
  /** Aborts what is being answered, ends every stream, and lets go of everything. */
  close(): Promise<void>;
  /** The first key, where this start has made it: it is kept nowhere. */
  key?: string;
}

/** Makes a server that listens nowhere by itself: `/mcp`, `/healthz` and the rest as `hugwire serve --http` has them. */
export function createFetchHandler(options?: ServerOptions): Promise<Server>;

/** Puts a server on a port of Node. */
export function listen(
  server: Pick<Server, 'fetch'>,
  host: string,
  port: number,
): Promise<{ url: string; close(): Promise<void> }>;
