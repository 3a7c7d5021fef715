import type {RequestHandlerExtra} from '@modelcontextprotocol/sdk/shared/protocol.js';
import type {ServerNotification, ServerRequest} from '@modelcontextprotocol/sdk/types.js';

export type Extra = Pick<
  RequestHandlerExtra<ServerRequest, ServerNotification>,
  'signal' | '_meta' | 'sendNotification'
>;

/** How often a client that asked for it hears how far a call is. */
const TICK_MS = 1000;

/** One call of a tool, as far as its work needs to know of it. */
export interface Call {
  /** The client cancelled it, or the server ends. */
  readonly signal: AbortSignal;
  /** Tells a client that asked for it how far the call is, seconds of seconds. */
  progress(done: number, total: number): void;
}

/** The call that the SDK's `extra` speaks of; it also ends with the server. */
export function callOf({signal, _meta, sendNotification}: Extra, ending: AbortSignal): Call {
  const progressToken = _meta?.progressToken;
  return {
    signal: AbortSignal.any([signal, ending]),
    progress: (progress, total) => {
      if (progressToken === undefined) return;
      // A client that doesn't take it has gone, which is noticed elsewhere.
      sendNotification({method: 'notifications/progress', params: {progressToken, progress, total}}).catch(() => {});
    },
  };
}

/** Tells of progress once a second until `total` seconds have passed or the returned function is called. */
export function ticking(call: Call, total: number): () => void {
  let done = 0;
  const timer = setInterval(() => {
    done++;
    if (done < total) call.progress(done, total);
    else clearInterval(timer);
  }, TICK_MS);
  return () => clearInterval(timer);
}
