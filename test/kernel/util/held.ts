import {readdirSync, readFileSync} from 'node:fs';
import {must} from './disk.ts';
import {load} from './load.ts';

const ids = load('bpf-ids', '-lbpf');

/** The BPF programs, maps and links that a process holds, as `kind:id`; none once it has ended. */
export function heldBy(pid: number): string[] {
  const text = (path: string) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return '';
    }
  };
  let fds: string[] = [];
  try {
    fds = readdirSync(`/proc/${pid}/fdinfo`);
  } catch {}
  const held = fds.flatMap((fd) => {
    const info = text(`/proc/${pid}/fdinfo/${fd}`);
    return ['link', 'prog', 'map'].flatMap((kind) => {
      const id = new RegExp(`^${kind}_id:\t(\\d+)$`, 'm').exec(info)?.[1];
      return id ? [`${kind}:${id}`] : [];
    });
  });
  return [...new Set(held)];
}

/** Those of them that the kernel still has. */
export const alive = (which: readonly string[]): string[] =>
  which.length === 0
    ? []
    : must(ids, ...which)
        .split('\n')
        .filter(Boolean);
