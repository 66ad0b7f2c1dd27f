import { HugwireError, toHugwireError } from '../../errors.js';
import { chooseEndpoint } from '../../spaces/choose.js';
import type { App, Endpoint } from '../../spaces/types.js';
import { cleanLine } from '../../text/sanitize.js';
import type { Place } from './place.js';
import type { Target } from './targets.js';

/** A Space's app, and the endpoint that was named with it. */
export interface Opened {
  app: App;
  endpoint?: Endpoint;
}

/**
 * Fetches the app of a Space, waking it where needed; says meanwhile what is being waited for.
 * @param target what was written
 * @param place the way to the Space
 * @throws HugwireError whatever is wrong with the Space, or `invalid_arguments` that lists its endpoints
 */
export async function openTarget(target: Target, place: Place): Promise<Opened> {
  if (target.whole === undefined) return withEndpoint(await openApp(target.space, place), target.endpoint);
  const short = await attempt(() => openApp(target.space, place));
  if (!(short instanceof HugwireError)) {
    const opened = await attempt(() => withEndpoint(short, target.endpoint));
    if (!(opened instanceof HugwireError)) return opened;
    const whole = await attempt(() => openApp(target.whole ?? '', place));
    if (whole instanceof HugwireError) throw opened;
    return { app: whole };
  }
  // Nobody listens there, so nobody does below it either.
  if (short.code !== 'space_broken') throw short;
  return { app: await openApp(target.whole, place) };
}

function withEndpoint(app: App, name: string | undefined): Opened {
  return name === undefined ? { app } : { app, endpoint: chooseEndpoint(app, name) };
}

/**
 * Fetches the app of a Space, waking it where needed; says meanwhile what is being waited for.
 * @param space `owner/name` or an address
 * @param place the way to the Space
 */
function openApp(space: string, { spaces, signal, token, wait }: Place): Promise<App> {
  return wait(`Asking ${cleanLine(space, 80)} …`, (tell) =>
    spaces.open(space, {
      signal,
      ...(token ? { token } : {}),
      onEvent: (event) => {
        if (event.kind === 'waiting') tell(cleanLine(event.message, 120));
      },
    }),
  );
}

async function attempt<Result>(work: () => Result | Promise<Result>): Promise<Result | HugwireError> {
  try {
    return await work();
  } catch (error) {
    return toHugwireError(error);
  }
}
