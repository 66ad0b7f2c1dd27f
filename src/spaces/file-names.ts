import { basename } from 'node:path';
import { extensionOf } from './mime.js';
import type { App, Endpoint } from './types.js';

const MAX_SLUG = 40;

/** Programs and links that a double click would run: never saved under their own extension. */
const RUNNABLE = new Set(
  (
    'exe com bat cmd scr msi msp pif cpl ps1 psm1 vbs vbe js jse mjs wsf wsh hta lnk url reg inf dll sys jar apk app ' +
    'command tool workflow terminal desktop sh bash zsh csh fish run appimage dmg pkg deb rpm py pyw rb pl php'
  ).split(' '),
);

/**
 * The beginning of the names of a call's files: Space and prompt, or Space and endpoint where there is no prompt.
 * @param app called
 * @param endpoint called
 * @param prompt the text that the call was given, if any
 * @returns letters, digits and `-`, with one `_` between the parts; never empty, never a reserved name
 */
export function fileStem(app: App, endpoint: Endpoint, prompt?: string): string {
  const space = app.site.kind === 'local' ? (app.title ?? 'local-app') : basename(app.site.id);
  const about = slug(prompt ?? '') || slug(endpoint.name) || 'output';
  return `${slug(space) || 'space'}_${about}`;
}

/**
 * Text as a part of a file name that every system takes.
 * @param text any text
 */
export function slug(text: string): string {
  const plain = text
    .slice(0, MAX_SLUG * 8)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  if (plain.length <= MAX_SLUG) return plain;
  // At a word's end where there is one, and never within a character.
  const head = [...plain].slice(0, MAX_SLUG).join('');
  return head.replace(/-[^-]*$/, '') || head;
}

/**
 * The extension under which a Space's file is saved.
 * @param sniffed what the bytes are, "" when they do not tell
 * @param named the Space's own name for the file
 */
export function safeExtension(sniffed: string, named: string): string {
  const extension = sniffed || extensionOf(named) || 'bin';
  return RUNNABLE.has(extension) ? 'bin' : extension;
}
