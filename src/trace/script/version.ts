import {type Code, code, name} from './code.ts';

/** `0.17.0` of `bpftrace v0.17.0`; undefined where it's none. */
export interface Version {
  major: number;
  minor: number;
}

/** The oldest bpftrace whose language the scripts are in: it has ntop for fields of tracepoints, `nsecs` of the boot clock, strncmp. */
export const OLDEST: Version = {major: 0, minor: 17};

export function readVersion(text: string): Version | undefined {
  const match = /(\d{1,4})\.(\d{1,4})/.exec(text);
  return match ? {major: Number(match[1]), minor: Number(match[2])} : undefined;
}

export function atLeast(version: Version, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

/**
 * A field of a tracepoint. `args` was a pointer until 0.18 and is a structure since 0.19, which still takes the arrow, as something
 * that is to go; 0.20 is the first where nobody met an `args.` that failed.
 */
export function argsField(version: Version, field: string): Code {
  return atLeast(version, 0, 20) ? code`args.${name(field)}` : code`args->${name(field)}`;
}
