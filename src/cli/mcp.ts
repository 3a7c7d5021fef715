import {Console} from 'node:console';
import {Stdio, serve} from '../mcp/index.ts';
import type {TraceDesk} from '../types/trace.ts';
import {visibleUpTo} from '../util/sanitize.ts';
import {yieldWorkers} from './background.ts';
import {EXIT, type ExitCode} from './exit.ts';
import type {McpOptions} from './options.ts';
import {Signals} from './signals.ts';
import {VERSION} from './version.ts';

/** Of a line on stderr, UTF-16 units. */
const WARNING_UNITS = 300;

const CONFIGURE = 'docs/mcp.md says how clients start it';

/** The desk of all traces, opened by the first that needs it. */
function traces() {
  let desk: Promise<TraceDesk> | undefined;
  const open = async (): Promise<TraceDesk> => {
    const {openTraceDesk} = await import('./trace/desk.ts');
    return await openTraceDesk('mcp');
  };
  return {
    desk: () => {
      desk ??= open();
      return desk;
    },
    close: async () => {
      await (await desk)?.close();
    },
  };
}

/** `kstop mcp`: serves a client over stdin and stdout until it closes one of them or a signal comes. */
export async function mcp(options: McpOptions): Promise<ExitCode> {
  // Nothing but the protocol may reach stdout.
  globalThis.console = new Console(process.stderr);
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const signals = new Signals();
  signals.end(end);
  for (const event of ['end', 'close', 'error']) process.stdin.once(event, end);
  process.stdout.once('error', end);
  yieldWorkers();
  if (process.stdin.isTTY)
    process.stderr.write(`kstop: mcp: waiting for a client on stdin (${CONFIGURE}; Ctrl-C ends it)\n`);
  const {desk, close} = traces();
  try {
    await serve(
      {
        version: VERSION,
        allowTrace: options.allowTrace,
        allowData: options.allowData,
        open: async ({probes = options.probes, ...request}) => {
          const {openLive} = await import('./live.ts');
          return await openLive({...options, ...request, probes});
        },
        desk,
        warn: (why) => process.stderr.write(`kstop: mcp: ${visibleUpTo(why, WARNING_UNITS)}\n`),
      },
      new Stdio(process.stdin, process.stdout),
      ending.signal,
    );
  } finally {
    await close();
    signals.release();
  }
  return EXIT.ok;
}
