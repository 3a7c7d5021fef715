import {Problem} from '../util/problem.ts';

/** Why a recording can't be replayed, or not to its end (exit code 2). */
export type RecordingFault =
  | 'unreadable'
  | 'empty'
  | 'not-a-recording'
  | 'no-header'
  | 'newer-schema'
  | 'gzip'
  | 'corrupt'
  | 'cut-off';

export class RecordingError extends Problem {
  override name = 'RecordingError';
  readonly fault: RecordingFault;

  constructor(file: string, fault: RecordingFault, why: string, remedy?: string) {
    super(file, why, remedy);
    this.fault = fault;
  }
}
