import packageJson from '../../package.json';

/** hugwire's version, from package.json. */
export const VERSION: string = packageJson.version;
