import {Console} from 'node:console';
import {Writable} from 'node:stream';

const KEPT_MAX = 64 * 1024;
const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'trace', 'dir', 'table'] as const;

/**
 * Keeps console output and what is written to stderr off the screen. Where stderr is the terminal too, it is kept
 * (at most 64 KiB) until the returned function gives everything back and prints it; else it passes through.
 */
export function redirectConsole(stderr: NodeJS.WriteStream = process.stderr): () => void {
  const write = stderr.write;
  let kept = '';
  const keep = (text: string): void => {
    if (stderr.isTTY) kept = (kept + text).slice(-KEPT_MAX);
    else write.call(stderr, text);
  };
  const sink = new Writable({
    write(chunk, _encoding, done) {
      keep(String(chunk));
      done();
    },
  });
  const quiet = new Console(sink, sink);
  const saved = METHODS.map((name) => [name, console[name]] as const);
  for (const name of METHODS) console[name] = quiet[name].bind(quiet);
  if (stderr.isTTY) {
    stderr.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      keep(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      const done = rest.at(-1);
      if (typeof done === 'function') done();
      return true;
    }) as typeof stderr.write;
  }
  return () => {
    for (const [name, method] of saved) console[name] = method;
    if (stderr.isTTY) stderr.write = write;
    if (kept) stderr.write(kept);
    kept = '';
  };
}
