import type { Component } from './component.js';
import type { FileStore } from './files.js';

/** What a function of the app can do beside returning. */
export interface RunContext {
  /** Aborted when the caller cancels or goes away. */
  signal: AbortSignal;
  files: FileStore;
  /** The app's address as the caller knows it. */
  root: string;
  /** `gr.Progress()`: step `index` of `length` is being worked on. */
  progress(index: number, length: number, unit: string, description: string): void;
  /** `gr.Info(…)`: a line for the caller. */
  info(message: string, title?: string): void;
}

/** A function of the app with an API name. */
export interface Endpoint {
  /** Without its slash. */
  name: string;
  description: string;
  /** By parameter name; a name of a state component is only for the reader. */
  inputs: Record<string, Component>;
  outputs: Component[];
  /** A generator hands out whole values again and again; the last one is the result. */
  run(values: Record<string, unknown>, context: RunContext): unknown[] | Promise<unknown[]> | AsyncGenerator<unknown[]>;
  generator?: boolean;
}
