import type {Model} from '../model/model.ts';
import type {Source} from '../types/frame.ts';
import type {Filter} from '../types/stream.ts';

/** What a tool asks of a session beyond what the server was started with. */
export interface SessionRequest {
  /** Probes to attach; without it those that the server was started with. */
  probes?: string[];
  /** Seconds between samples. */
  intervalS: number;
  /** Process and container rows of a sample. */
  top: number;
  filter?: Filter;
  /** Only this container, by name or id. */
  container?: string;
}

/** Attaches the probes and gives what they deliver, with a model to put it in. Rejects with a Problem where none can run. */
export type OpenSession = (request: SessionRequest) => Promise<{source: Source; model: Model}>;

/** The part of a request that says whom it is about. */
export function only(pid?: number, comm?: string, container?: string): Pick<SessionRequest, 'filter' | 'container'> {
  const filter = {...(pid !== undefined && {pid}), ...(comm !== undefined && {comm})};
  return {
    ...(Object.keys(filter).length > 0 && {filter}),
    ...(container !== undefined && {container}),
  };
}
