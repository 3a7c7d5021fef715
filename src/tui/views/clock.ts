import {LocalClock} from '../../util/stamp.ts';

const clock = new LocalClock();

/** Local wall-clock time of an RFC 3339 stamp, to the second. */
export function clockOf(time: string): string {
  return clock.at(time).clock.slice(0, 8);
}
