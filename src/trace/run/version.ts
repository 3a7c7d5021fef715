/** bpftrace's version, as far as it matters: 0.17 is the oldest that Debian and Ubuntu still ship. */
export interface BpftraceVersion {
  text: string;
  major: number;
  minor: number;
}

export const OLDEST = {major: 0, minor: 17} as const;

/** `bpftrace v0.17.0`, also with a commit behind it. Undefined when there's no version in it. */
export function parseVersion(output: string): BpftraceVersion | undefined {
  const [, major, minor, rest = ''] = /^bpftrace v?(\d{1,4})\.(\d{1,4})((?:\.\d{1,4})?)/m.exec(output) ?? [];
  if (major === undefined) return undefined;
  return {text: `${major}.${minor}${rest}`, major: Number(major), minor: Number(minor)};
}

/** Whether it is this version or a newer one. */
export function atLeast(version: {major: number; minor: number}, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}
