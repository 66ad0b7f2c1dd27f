import type { MountedApi } from '../../http/app.js';
import type { Caller } from '../../http/callers.js';
import { isDeeper } from '../../lib/json.js';
import { nearest } from '../../lib/nearest.js';
import { showName } from '../../lib/text.js';
import { newId } from '../../sessions/items.js';
import { serveApprovals } from './approvals.js';
import { serveChat } from './chat.js';
import { type ApiRequest, serveConversations } from './conversations.js';
import { ApiError, refuse, reshape, toApiError } from './errors.js';
import { type Api, serveResponses } from './responses.js';
import { type ApiOptions, Turns } from './turns.js';

/** Of a body: what is kept of one has some more, and is read with fewer than `MAX_LEVELS` of `lib/json.ts`. */
const MAX_BODY_LEVELS = 200;

/**
 * The API for any front end: Open Responses, conversations, chat completions.
 * @param options what it is made of
 */
export function createApi(options: ApiOptions): MountedApi {
  const turns = new Turns(options);
  const startedAt = Math.floor(Date.now() / 1000);
  const api: Api = {
    options,
    turns,
    async findAssistant(name, { assistants }) {
      const found = isFor(name, assistants) ? await options.assistants.find(name) : undefined;
      if (found) return found;
      const names = (await listAssistants(options, assistants)).map((one) => one.name);
      const meant = nearest(name, names);
      const hint = meant ? ` Did you mean ${meant}?` : '';
      throw new ApiError(
        404,
        `The model ${showName(name, 60)} does not exist.${hint} Assistants: ${names.join(', ') || 'none'}.`,
        { param: 'model', code: 'model_not_found' },
      );
    },
  };
  const showModel = ({ name, title, description }: Told) => ({
    id: name,
    object: 'model',
    created: startedAt,
    owned_by: 'hugwire',
    ...(title ? { name: title } : {}),
    ...(description ? { description } : {}),
  });

  async function route(caller: Caller, request: ApiRequest): Promise<Response> {
    const { method, url } = request;
    const [, kind, ...path] = url.pathname.split('/').filter(Boolean).map(decode);
    const at = `${method} ${kind}`;
    let found: Response | undefined;
    if (at === 'GET models' && path.length === 0) {
      const data = (await listAssistants(options, caller.assistants)).map(showModel);
      return Response.json({ object: 'list', data });
    }
    if (at === 'GET models') return Response.json(showModel(await api.findAssistant(path.join('/'), caller)));
    if (at === 'POST chat' && path.join('/') === 'completions') return serveChat(api, caller, request);
    if (kind === 'responses') found = await serveResponses(api, caller, path, request);
    if (kind === 'approvals') found = await serveApprovals(options, caller, path, request);
    if (kind === 'conversations') found = await serveConversations(options, caller, path, request);
    if (found) return found;
    throw new ApiError(404, `Nothing is served at ${method} ${showName(url.pathname, 100)}. ${ROUTES}`, {
      code: 'unknown_url',
    });
  }

  return {
    async fetch(request, caller, body) {
      const id = newId('req');
      const asked: ApiRequest = {
        method: request.method,
        url: new URL(request.url),
        body,
        headers: request.headers,
        signal: request.signal,
      };
      let response: Response;
      try {
        if (isDeeper(body, MAX_BODY_LEVELS)) {
          throw new ApiError(400, `The body has more than ${MAX_BODY_LEVELS} levels.`, { code: 'invalid_value' });
        }
        if (caller.owner === 'anon') throw new ApiError(403, ANONYMOUS, { code: 'not_for_anonymous' });
        response = await route(caller, asked);
      } catch (error) {
        const told = toApiError(error);
        if (told.status === 500) options.log(`request ${id} failed: ${told.message}`);
        response = refuse(told);
      }
      response.headers.set('x-request-id', id);
      return response;
    },
    async reshape(response) {
      const reshaped = await reshape(response);
      reshaped.headers.set('x-request-id', newId('req'));
      return reshaped;
    },
    settled: () => turns.settled(),
    close: () => turns.close(),
  };
}

const ROUTES = 'There are /v1/models, /v1/responses, /v1/conversations, /v1/approvals and /v1/chat/completions.';
const ANONYMOUS =
  'Assistants are not for anonymous callers: their model costs whoever runs this server. It can be served with --auth local, where callers have a key, or --auth hub-token.';

type Told = Awaited<ReturnType<ApiOptions['assistants']['list']>>[number];

const isFor = (name: string, assistants: readonly string[] | undefined) => !assistants || assistants.includes(name);

async function listAssistants({ assistants }: ApiOptions, only: readonly string[] | undefined) {
  return (await assistants.list()).filter(({ name }) => isFor(name, only));
}

function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}
