import type {Stamp} from '../types/stream.ts';

/** This moment, for objects that no source has made. */
export function stampNow(): Stamp {
  return {time: new Date().toISOString().replace('Z', '000000Z'), mono_ns: String(process.hrtime.bigint())};
}
