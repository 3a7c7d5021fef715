import type {State} from '../types/state.ts';
import type {Summary} from '../types/stream.ts';
import {type Call, ticking} from './call.ts';
import type {OpenSession, SessionRequest} from './session.ts';

interface Watch {
  open: OpenSession;
  request: SessionRequest;
  /** How long at most, seconds. */
  seconds: number;
  /** Has it seen enough before that? Asked after each frame. */
  enough?: (state: State) => boolean;
  call: Call;
}

export interface Watched {
  state: State;
  summary: Summary;
}

/**
 * Runs a session of its own: attaches, watches for some seconds, detaches. Nothing is attached between calls.
 * A call that is cancelled detaches at once and rejects.
 */
export async function watch({open, request, seconds, enough, call}: Watch): Promise<Watched> {
  const {source, model} = await open(request);
  const stop = (): void => source.stop();
  const timer = setTimeout(stop, seconds * 1000);
  const still = ticking(call, seconds);
  call.signal.addEventListener('abort', stop, {once: true});
  try {
    call.signal.throwIfAborted();
    for await (const frame of source.frames()) {
      model.apply(frame);
      call.signal.throwIfAborted();
      if (enough?.(model.state)) break;
    }
    const {now: time = '', nowNs = 0n} = model.state;
    return {state: model.state, summary: model.finish({time, mono_ns: String(nowNs)})};
  } finally {
    still();
    clearTimeout(timer);
    call.signal.removeEventListener('abort', stop);
    await source.close();
  }
}
