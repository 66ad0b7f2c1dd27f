import pc from 'picocolors';

export type Style = ReturnType<typeof pc.createColors>;

/**
 * Colours for text that goes to a stream: none where nobody looks, or where NO_COLOR asks for none. FORCE_COLOR wins.
 * @param stream where the text will go
 * @param env the environment
 * @see https://no-color.org
 */
export function styleFor(stream: { isTTY?: boolean } = process.stdout, env: NodeJS.ProcessEnv = process.env): Style {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const wanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return pc.createColors(forced || wanted);
}
