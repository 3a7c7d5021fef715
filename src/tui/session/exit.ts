import type {EventEmitter} from 'node:events';

/** Why the screen was left. `error`: an exception in a view, in the model or in the source. */
export type ExitReason =
  | {kind: 'quit'}
  | {kind: 'end'}
  | {kind: 'closed'}
  | {kind: 'signal'; signal: NodeJS.Signals}
  | {kind: 'error'; error: Error};

/** What can end the session from outside. */
export interface Exits {
  leave(reason: ExitReason): void;
  suspend(): void;
  resumed(): void;
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Listens for signals, a vanished terminal and uncaught exceptions. Returns the removal of all listeners. */
export function watchExits(exits: Exits, stdin: EventEmitter, stdout: EventEmitter): () => void {
  const undo: (() => void)[] = [];
  const on = (emitter: EventEmitter, name: string, listener: (...args: never[]) => void): void => {
    emitter.on(name, listener as () => void);
    undo.push(() => emitter.off(name, listener as () => void));
  };
  for (const signal of SIGNALS) on(process, signal, () => exits.leave({kind: 'signal', signal}));
  on(process, 'SIGTSTP', () => exits.suspend());
  on(process, 'SIGCONT', () => exits.resumed());
  on(process, 'uncaughtException', (thrown: unknown) => exits.leave({kind: 'error', error: asError(thrown)}));
  on(process, 'unhandledRejection', (thrown: unknown) => exits.leave({kind: 'error', error: asError(thrown)}));
  for (const stream of [stdin, stdout]) {
    on(stream, 'error', () => exits.leave({kind: 'closed'}));
    on(stream, 'close', () => exits.leave({kind: 'closed'}));
  }
  on(stdin, 'end', () => exits.leave({kind: 'closed'}));
  return () => {
    for (const remove of undo) remove();
  };
}
