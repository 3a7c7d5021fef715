import {Runtime} from './runtimes/runtime.ts';
import {LIMITS, type Limits, type RuntimeSocket} from './runtimes/types.ts';
import {knownSockets, presentSockets} from './sockets.ts';

/** A runtime that listens, and what came of asking it. Neither containers nor a problem: it gives no lists, which is no fault. */
export interface Surveyed {
  runtime: string;
  path: string;
  /** How many it listed. */
  containers?: number;
  problem?: {why: string; remedy?: string};
}

async function ask(socket: RuntimeSocket, limits: Limits): Promise<Surveyed> {
  const {runtime, path} = socket;
  let problem: Surveyed['problem'];
  const asked = new Runtime(socket, limits, ({why}) => {
    problem = {why};
  });
  const read = await asked.refresh(() => performance.now(), new AbortController().signal);
  return {runtime, path, ...(read !== undefined && {containers: asked.all().length}), ...(problem && {problem})};
}

/** Asks every runtime that listens for its containers, once; takes as long as the slowest, and `limits` at most. */
export function surveyRuntimes(
  sockets: readonly RuntimeSocket[] = knownSockets(),
  limits: Limits = LIMITS,
): Promise<Surveyed[]> {
  return Promise.all(
    presentSockets(sockets).map(async ({problem, ...socket}) => {
      if (!problem) return ask(socket, limits);
      const {why, remedy} = problem;
      return {runtime: socket.runtime, path: socket.path, problem: {why, ...(remedy && {remedy})}};
    }),
  );
}
