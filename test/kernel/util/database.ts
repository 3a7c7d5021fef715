import {readFileSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import {type SlowDisk, slowDisk} from './disk.ts';
import {Process} from './load.ts';

/**
 * Each line asks for one transaction: so many reads of 4 KiB past the page cache, one write, one fsync. It answers with how many
 * reads there were. Its name as a task is its own.
 */
const PROGRAM = `
import mmap, os, sys
device, name = sys.argv[1:]
with open('/proc/self/comm', 'w') as comm:
    comm.write(name)
file = os.open(device, os.O_RDWR | os.O_DIRECT)
page = mmap.mmap(-1, 4096)
for line in iter(sys.stdin.readline, ''):
    done = 0
    for i in range(int(line)):
        done += os.preadv(file, [page], 4096 * (i % 1000)) == 4096
    os.pwritev(file, [page], 0)
    os.fsync(file)
    print(done, flush=True)
`;

/** Where a read takes as long as a write, several transactions must fit into seconds. */
const TIMER_MS = 20;

/** One transaction, and what others say of it. */
export interface Transaction {
  reads: number;
  /** By /proc/PID/io: also the one by which it was asked. */
  calls: number;
  /** Milliseconds since 1970: within these it all was. */
  from: number;
  to: number;
}

/** A process that reads a slow disk and waits for its writes, as a database does. */
export class Database {
  private constructor(
    readonly disk: SlowDisk,
    private readonly process: Process,
  ) {}

  static async start(t: ExecutionContext, name: string): Promise<Database> {
    const disk = slowDisk(t, 200, TIMER_MS);
    const process = new Process(t, [...disk.through, 'python3', '-c', PROGRAM, disk.device, name]);
    const database = new Database(disk, process);
    await database.transaction(1);
    return database;
  }

  get pid(): number {
    return this.process.pid;
  }

  private get calls(): number {
    return Number(/^syscr: (\d+)$/m.exec(readFileSync(`/proc/${this.pid}/io`, 'latin1'))?.[1]);
  }

  async transaction(reads: number): Promise<Transaction> {
    const [before, from] = [this.calls, Date.now()];
    this.process.send(String(reads));
    const done = Number(await this.process.line());
    return {reads: done, from, to: Date.now(), calls: this.calls - before};
  }
}
