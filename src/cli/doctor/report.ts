import {cpus, hostname} from 'node:os';
import type {ProbeReport, Refusal, RoleReport} from '../../sources/probe-report.ts';
import {refusalIn} from '../../sources/probe-report.ts';
import {CAPABILITIES, type Capability} from './capabilities.ts';
import {type SystemCheck, systemChecks} from './checks.ts';
import type {Distribution} from './distribution.ts';
import {type Explanation, explain} from './explain.ts';
import type {Facts} from './facts.ts';

/** A refusal with its cause; `certain` when the facts prove it. */
export type DoctorRefusal = Refusal & Explanation;

export interface DoctorRole extends Omit<RoleReport, 'refused'> {
  refused: DoctorRefusal[];
}

export interface DoctorProbe extends Omit<ProbeReport, 'roles' | 'warn_us' | 'crit_us'> {
  /** Why it is unavailable, where that isn't one part's matter. */
  explanation?: Explanation;
  roles: DoctorRole[];
}

/** How many of the default probes attach. */
export type Verdict = 'all' | 'some' | 'none';

/** The config file in use, or the one that is refused. */
export interface ConfigReport {
  path?: string;
  problem?: string;
}

/** What `kstop doctor --json` writes: one object (docs/doctor.schema.json). */
export interface DoctorReport {
  kind: 'doctor';
  /** RFC 3339, UTC. */
  time: string;
  mono_ns: string;
  schema: 1;
  kstop: string;
  host: {name: string; kernel: string; arch: string; cpus?: number; distribution?: Distribution};
  verdict: Verdict;
  config: ConfigReport;
  capabilities?: Record<'effective' | 'permitted' | 'bounding', Capability[]>;
  system: SystemCheck[];
  probes: DoctorProbe[];
}

const isOn = ({state}: Pick<ProbeReport, 'state'>): boolean => state === 'attached' || state === 'degraded';

function explainedRole(role: RoleReport, facts: Facts): DoctorRole {
  return {...role, refused: role.refused.map((refusal) => ({...refusal, ...explain(refusal, facts)}))};
}

function explainedProbe(report: ProbeReport, facts: Facts): DoctorProbe {
  const {warn_us: _, crit_us: __, ...probe} = report;
  const roles = report.roles.map((role) => explainedRole(role, facts));
  const isToldByRole = roles.some(({required, attached, refused}) => required && !attached && refused.length > 0);
  const explanation = isOn(report) || isToldByRole ? undefined : explain(refusalIn(report.reason ?? ''), facts);
  return {...probe, ...(explanation && {explanation}), roles};
}

function verdictOf(probes: readonly ProbeReport[]): Verdict {
  if (!probes.some(isOn)) return 'none';
  return probes.every((probe) => isOn(probe) || !probe.default) ? 'all' : 'some';
}

export interface Findings {
  version: string;
  facts: Facts;
  probes: readonly ProbeReport[];
  config: ConfigReport;
}

export function doctorReport({version, facts, probes, config}: Findings): DoctorReport {
  const {release, arch, distribution, process: own} = facts;
  const count = cpus().length;
  const list = (set: ReadonlySet<Capability>) => CAPABILITIES.filter((name) => set.has(name));
  return {
    kind: 'doctor',
    time: new Date().toISOString().replace('Z', '000000Z'),
    mono_ns: String(process.hrtime.bigint()),
    schema: 1,
    kstop: version,
    host: {
      name: hostname(),
      kernel: release,
      arch,
      ...(count > 0 && {cpus: count}),
      ...(distribution && {distribution}),
    },
    verdict: verdictOf(probes),
    config,
    ...(own && {
      capabilities: {effective: list(own.effective), permitted: list(own.permitted), bounding: list(own.bounding)},
    }),
    system: systemChecks(facts),
    probes: probes.map((probe) => explainedProbe(probe, facts)),
  };
}
