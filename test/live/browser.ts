import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge'];
const USUAL = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** The browser of this machine: CHROME_PATH, or the first that is found. */
function findBrowser(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((place) => NAMES.map((name) => join(place, name)));
  return [process.env.CHROME_PATH, ...onPath, ...USUAL].find((path) => path && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether suites that need a browser can run, for `describe.skipIf(!browserAvailable())`. Says on stderr why they are
 * skipped.
 * @throws Error in CI (`CI` set) when there is none: there, a skipped suite would pass for a tested one
 */
export function browserAvailable(): boolean {
  if (findBrowser()) return true;
  const reason = 'neither Chromium nor Chrome was found';
  if (process.env.CI) throw new Error(`${reason}, and the live suites may not be skipped in CI`);
  console.warn(`Skipped: ${reason}. Install one, or name it in CHROME_PATH, to run this suite.`);
  return false;
}

/** Starts the browser without a window. */
export function openBrowser(): Promise<Browser> {
  // Its sandbox needs rights that containers do not give.
  return chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] });
}
