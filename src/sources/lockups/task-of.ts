import {readFileSync} from 'node:fs';
import type {Owner} from '../../types/stream.ts';

const read = (tid: number, name: string): string => {
  try {
    return readFileSync(`/proc/${tid}/${name}`, 'utf8');
  } catch {
    return '';
  }
};

/** A task that the log named by thread id, as owner of an event; and the CPU where it last ran, while it exists. */
export function taskOf({tid, comm}: {tid: number; comm: string}): {owner: Owner; cpu?: number} {
  const status = read(tid, 'status');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  const stat = read(tid, 'stat');
  const inBrackets = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const [pid, uid] = [field('Tgid'), field('Uid')];
  // Another task may have its number by now.
  if (Number.isNaN(pid) || inBrackets !== comm) return {owner: {tid, comm}};
  const cgroup = /^0::(\/.*)$/m.exec(read(tid, 'cgroup'))?.[1];
  // proc(5): processor is the 39th field, the 37th after the name.
  const cpu = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[36]);
  return {owner: {pid, tid, comm, uid, ...(cgroup !== undefined && {cgroup})}, ...(cpu >= 0 && {cpu})};
}
