/** Those that kstop can make use of, by number (include/uapi/linux/capability.h). */
const NUMBERS = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_SYSLOG: 34,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

export type Capability = keyof typeof NUMBERS;

export const CAPABILITIES = Object.keys(NUMBERS) as Capability[];

/** What a process may do, from /proc/PID/status. */
export interface Process {
  /** Effective user id. */
  uid: number;
  effective: ReadonlySet<Capability>;
  permitted: ReadonlySet<Capability>;
  bounding: ReadonlySet<Capability>;
  noNewPrivs: boolean;
  /** 0 none, 1 strict, 2 a filter. */
  seccomp: number;
}

function named(mask: string | undefined): ReadonlySet<Capability> {
  const bits = BigInt(`0x${mask ?? '0'}`);
  return new Set(CAPABILITIES.filter((name) => (bits >> BigInt(NUMBERS[name])) & 1n));
}

/** Undefined when the text is no such file (no /proc). */
export function parseStatus(status: string | undefined): Process | undefined {
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status ?? '')?.[1]?.trim();
  const mask = (name: string) => /^[0-9a-f]{1,16}$/.exec(field(name) ?? '')?.[0];
  const uid = Number(field('Uid')?.split(/\s+/)[1]);
  if (mask('CapEff') === undefined || Number.isNaN(uid)) return undefined;
  return {
    uid,
    effective: named(mask('CapEff')),
    permitted: named(mask('CapPrm')),
    bounding: named(mask('CapBnd')),
    noNewPrivs: field('NoNewPrivs') === '1',
    seccomp: Number(field('Seccomp') ?? 0),
  };
}

/** CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, as it did before 5.8. */
export function has(set: ReadonlySet<Capability>, capability: Capability): boolean {
  return (
    set.has(capability) || ((capability === 'CAP_BPF' || capability === 'CAP_PERFMON') && set.has('CAP_SYS_ADMIN'))
  );
}
