/**
 * What all objects of the JSON stream share: names, stamps, owners and distributions.
 */

/** Subsystems in the order in which every face shows them. */
export const SUBSYSTEMS = ['sched', 'block', 'vfs', 'memory', 'network', 'syscall', 'process', 'lockup'] as const;
export type SubsystemName = (typeof SUBSYSTEMS)[number];

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A judgement over the last minute. UNKNOWN: no probe of the subsystem is attached. */
export const STATUSES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
export type Status = (typeof STATUSES)[number];

export const OVERALLS = ['HEALTHY', 'ELEVATED ACTIVITY', 'CRITICAL'] as const;
export type Overall = (typeof OVERALLS)[number];

export const PROBE_STATES = ['attached', 'degraded', 'off', 'paused', 'unavailable'] as const;
export type ProbeStateName = (typeof PROBE_STATES)[number];

/** Subsystems with a latency distribution of their own name, thresholds and p99 rules. */
export const LATENCY_SUBSYSTEMS = ['sched', 'block', 'vfs', 'syscall'] as const;
export type LatencySubsystem = (typeof LATENCY_SUBSYSTEMS)[number];

/** `time` is RFC 3339 in UTC with nanoseconds; `mono_ns` is CLOCK_MONOTONIC as a decimal string (it can pass 2^53). */
export interface Stamp {
  time: string;
  mono_ns: string;
}

export interface ContainerRef {
  id: string;
  name?: string;
  image?: string;
  pod?: string;
  namespace?: string;
  pod_uid?: string;
  runtime?: string;
}

/** Who waited, or who owns the request or socket: never the task that an interrupt happened to hit. */
export interface Owner {
  pid?: number;
  tid?: number;
  comm?: string;
  uid?: number;
  cgroup?: string;
  container?: ContainerRef;
}

export type BlockOp = 'read' | 'write' | 'flush' | 'discard' | 'other';

export type TaskState =
  | 'running'
  | 'sleeping'
  | 'uninterruptible'
  | 'stopped'
  | 'traced'
  | 'dead'
  | 'zombie'
  | 'parked'
  | 'idle';

export interface Psi {
  some_avg10_pct?: number;
  full_avg10_pct?: number;
}

/** One distribution since the last sample. `bounds` are upper-inclusive; `counts` has one cell more: overflow. */
export interface Histogram {
  name: string;
  labels: Record<string, string>;
  unit: 'us';
  bounds: number[];
  counts: number[];
  sum: number;
  count: number;
  max: number;
  /** Counts by CPU (row = CPU id), where the probe keeps them apart; an offline CPU's row is all 0. */
  cpus?: number[][];
}
