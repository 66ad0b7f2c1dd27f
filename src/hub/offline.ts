import { HugwireError } from '../errors.js';
import { makeAnswer } from './answer.js';
import { staleReason } from './cache-policy.js';
import { DelegatingClient } from './delegate.js';
import { answerLocally, type LocalAnswer } from './local-answers.js';
import { findLocalRepo } from './local-repos.js';
import { type HubAnswer, type HubClient, type HubRequest, REPO_KINDS } from './types.js';

/**
 * Answers from the download cache of huggingface_hub what the Hub cannot answer now: lists, descriptions, folders and
 * files of the repositories in it. Every such answer is marked, with the time since it was downloaded.
 * @param client asks the Hub
 * @param cache directory of huggingface_hub's cache; it need not exist
 * @param now the clock, for tests
 */
export function withDownloads(client: HubClient, cache: string, now: () => number = Date.now): HubClient {
  return new ResourcefulClient(client, cache, now);
}

class ResourcefulClient extends DelegatingClient {
  readonly #cache: string;
  readonly #now: () => number;

  constructor(client: HubClient, cache: string, now: () => number) {
    super(client);
    this.#cache = cache;
    this.#now = now;
  }

  async request(path: string, request: HubRequest = {}): Promise<HubAnswer> {
    try {
      return await this.client.request(path, request);
    } catch (error) {
      const stale = staleReason(error);
      if (!stale) throw error;
      const local = await answerLocally(this.#cache, path, request).catch(() => undefined);
      // A busy Hub is worth a second try; a list of what lies here would look like its answer.
      const misleading = local?.list && (error as HugwireError).code === 'rate_limited';
      if (local && !misleading) return this.#mark(local, path, stale);
      throw await this.#explain(error as HugwireError, request);
    }
  }

  withSignal(signal: AbortSignal): HubClient {
    return new ResourcefulClient(this.client.withSignal(signal), this.#cache, this.#now);
  }

  #mark(
    { body, downloaded, headers, status = 200 }: LocalAnswer,
    path: string,
    stale: 'offline' | 'failed',
  ): HubAnswer {
    const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body));
    const size = Number(headers?.['content-length'] ?? bytes.length);
    return makeAnswer({
      status,
      headers: new Headers(headers),
      url: this.endpoint + path,
      bytes,
      truncated: status === 200 && size > bytes.length,
      cached: { ageSeconds: Math.max(0, Math.round((this.#now() - downloaded) / 1000)), stale, downloaded: true },
    });
  }

  /** Says whether it would be worth looking for another file of the repository. */
  async #explain(error: HugwireError, { repo, file }: HubRequest): Promise<HugwireError> {
    if (error.code !== 'offline' || !repo) return error;
    const kinds = repo.kind ? [repo.kind] : REPO_KINDS;
    const found = await Promise.all(
      kinds.map((kind) => findLocalRepo(this.#cache, kind, repo.id).catch(() => undefined)),
    );
    const told = found.some(Boolean)
      ? `${repo.id} is downloaded on this machine, but ${file ? `not ${file}` : 'not this'}: hub_repo with include=["files"] lists what is.`
      : `Nothing of ${repo.id} is kept on this machine.`;
    return new HugwireError(error.code, error.message, {
      hint: [told, error.hint].filter(Boolean).join(' '),
      retryAfterSeconds: error.retryAfterSeconds,
      cause: error,
    });
  }
}
