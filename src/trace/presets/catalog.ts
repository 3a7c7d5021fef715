import type {TraceType} from '../../types/trace.ts';
import {blockIo, diskLatency} from './list/disk.ts';
import {dns} from './list/dns.ts';
import {fileDeletions} from './list/file-deletions.ts';
import {fileWrites} from './list/file-writes.ts';
import {offCpu} from './list/off-cpu.ts';
import {openFiles} from './list/open-files.ts';
import {pageAlloc} from './list/page-alloc.ts';
import {processExec} from './list/process-exec.ts';
import {signals} from './list/signals.ts';
import {slowReads} from './list/slow-reads.ts';
import {syscallErrors} from './list/syscall-errors.ts';
import {tcpConnect} from './list/tcp-connect.ts';
import {tcpRetransmit} from './list/tcp-retransmit.ts';
import type {Preset} from './preset.ts';

/** In the order that they are offered. */
export const PRESETS: readonly Preset[] = [
  tcpConnect,
  tcpRetransmit,
  dns,
  diskLatency,
  blockIo,
  slowReads,
  fileWrites,
  openFiles,
  fileDeletions,
  processExec,
  signals,
  offCpu,
  syscallErrors,
  pageAlloc,
];

export function presetNamed(name: string): Preset | undefined {
  return PRESETS.find((preset) => preset.name === name);
}

/** The preset that answers a bare target: one of its own hooks, asked for without arguments, format, filter or aggregate. */
export function presetForTarget(type: TraceType, target: string): string | undefined {
  const asked = `${type}:${target}`;
  const answers = (pattern: string) =>
    pattern.endsWith('*') ? asked.startsWith(pattern.slice(0, -1)) : asked === pattern;
  return PRESETS.find((preset) => preset.answers.some(answers))?.name;
}
