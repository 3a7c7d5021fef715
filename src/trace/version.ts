/** What of a version decides. */
export interface Version {
  major: number;
  minor: number;
}

/** bpftrace's version, as far as it matters. */
export interface BpftraceVersion extends Version {
  text: string;
}

/**
 * The oldest that will do, and that Debian and Ubuntu still ship: it has what the scripts are written in (ntop for fields of
 * tracepoints, `nsecs` of the boot clock, strncmp).
 */
export const OLDEST: Version = {major: 0, minor: 17};

/** Of what bpftrace prints: `bpftrace v0.17.0`, also with a commit behind it. Undefined when there's no version in it. */
export function parseVersion(output: string): BpftraceVersion | undefined {
  const [, major, minor, rest = ''] = /^bpftrace v?(\d{1,4})\.(\d{1,4})((?:\.\d{1,4})?)/m.exec(output) ?? [];
  if (major === undefined) return undefined;
  return {text: `${major}.${minor}${rest}`, major: Number(major), minor: Number(minor)};
}

/** Of a version alone: `0.17.0`; undefined where it's none. */
export function readVersion(text: string): Version | undefined {
  const match = /(\d{1,4})\.(\d{1,4})/.exec(text);
  return match ? {major: Number(match[1]), minor: Number(match[2])} : undefined;
}

/** Whether it is this version or a newer one. */
export function atLeast(version: Version, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}
