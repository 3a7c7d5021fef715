import {built, Dialogue, fdNumbers} from './process.mjs';

/** The kernel's BPF statistics, on from start() to close(). They cost every program on the host. */
export class Statistics {
  static start() {
    const statistics = new Statistics();
    statistics.dialogue = new Dialogue([built('programs'), '-s']);
    return statistics;
  }

  /** Programs that a process holds, by id: {name, ns, runs}. */
  async of(pid) {
    const ids = new Set(fdNumbers(pid, 'prog_id'));
    const all = JSON.parse(await this.dialogue.ask(''));
    return new Map(all.filter(({id}) => ids.has(id)).map((program) => [program.id, program]));
  }

  close() {
    return this.dialogue.close();
  }
}

/** What each program did between two readings: [{name, ns, runs}]. */
export function growth(before, after) {
  return [...after.values()].map(({id, name, ns, runs}) => ({
    name,
    ns: ns - (before.get(id)?.ns ?? 0),
    runs: runs - (before.get(id)?.runs ?? 0),
  }));
}

/** ns of all programs together for each of `count`. */
export const nsEach = (programs, count) => programs.reduce((sum, {ns}) => sum + ns, 0) / count;
