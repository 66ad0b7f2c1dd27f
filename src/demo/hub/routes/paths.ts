/** A repository's kind and id in the API's paths: with an owner, or without for the oldest repositories. */
const REPO = '^/api/(model|dataset|space)s/((?:[^/]+/)?[^/]+)';

/** The pattern of a path below a repository. */
export const below = (rest: string) => new RegExp(`${REPO}${rest}$`);
