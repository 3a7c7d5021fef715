import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {TraceAnswered} from '../../src/types/stream.ts';
import {schemaErrors} from '../util/schema.ts';
import {Database, type Transaction} from './util/database.ts';
import {folder, lacksSlowDisk} from './util/disk.ts';
import {PROGRAM} from './util/kstop.ts';
import {Process} from './util/load.ts';
import {testUnless} from './util/machine.ts';
import {noTraces} from './util/traces.ts';
import {sleep} from './util/wait.ts';

/** What kstop's clock and this side's may differ by, ms. */
const CLOCK_MS = 20;
const SECONDS = 8;

testUnless(
  noTraces ?? lacksSlowDisk(),
  'the request of a slow database is answered: how slow the disk is, and each read',
  async (t) => {
    const database = await Database.start(t, 'slow database');
    t.log(database.disk.how);
    const file = join(folder(t), 'request.json');
    const request = {
      response_type: 'diagnostic',
      reasoning: 'Queries are slow: disk latency, and what the database reads',
      commands: [{id: 'io_stats', command: 'touch /kstop-was-here', description: 'never run'}],
      ebpf_programs: [
        {name: 'disk_latency', preset: 'disk-latency', duration: SECONDS},
        {
          name: 'database_reads',
          type: 'tracepoint',
          target: 'syscalls:sys_exit_preadv*',
          arguments: ['ret'],
          format: '%d bytes',
          pid: database.pid,
          duration: SECONDS,
        },
        {
          name: 'query_starts',
          type: 'usdt',
          target: '/usr/bin/postgres-of-nobody:postgresql:query__start',
          duration: 5,
        },
      ],
    };
    writeFileSync(file, JSON.stringify(request));
    const kstop = new Process(t, [...PROGRAM, 'trace', '--spec', file, '--json']);
    const transactions: Transaction[] = [];
    while (!kstop.ended) {
      transactions.push(await database.transaction(25));
      // So that the reads of two can't be taken for each other's.
      await sleep(3 * CLOCK_MS);
    }
    t.is(kstop.ended?.code, 2, `one program was refused\n${kstop.stdout.slice(-2000)}\n${kstop.stderr}`);
    const answer: TraceAnswered = JSON.parse(kstop.stdout);
    t.deepEqual(schemaErrors(answer), []);
    if (!('results' in answer)) throw new Error('no answer');

    const [latency, reads, starts] = answer.results;
    t.like(latency?.trace, {name: 'disk_latency', state: 'done', preset: 'disk-latency'}, kstop.stderr);
    t.like(reads?.trace, {name: 'database_reads', state: 'done', pid: database.pid});
    t.like(starts?.trace, {name: 'query_starts', state: 'refused', field: 'ebpf_programs[2].target'});

    // Transactions that were within the trace as a whole: after its first event, before the last one's.
    const times = reads!.events.map(({timestamp}) => Number(timestamp) / 1e6);
    const whole = transactions.filter(({from, to}) => from > times[0]! + CLOCK_MS && to < times.at(-1)! - CLOCK_MS);
    t.true(whole.length >= 3, `${whole.length} whole of ${transactions.length} transactions, ${times.length} reads`);
    for (const {from, to, reads: done, calls} of whole) {
      const seen = times.filter((at) => at >= from - CLOCK_MS && at <= to + CLOCK_MS).length;
      t.is(seen, done, 'each read is an event');
      t.is(calls, done + 1, 'as the kernel counts them, with the one that asks');
    }
    t.true(reads!.events.every(({message, pid}) => message === '4096 bytes' && pid === database.pid));
    t.is(reads!.stats.top_processes[0]?.percentage, 100);

    const slow = (latency?.histograms ?? []).flatMap(({buckets}) => buckets).filter(({min}) => min >= 8192);
    const counted = slow.reduce((sum, {count}) => sum + count, 0);
    t.log(`${whole.length} transactions, ${reads!.events.length} reads, ${counted} requests of 8 ms and longer`);
    t.true(counted * 2 >= whole.length, 'transactions waited for slow writes');

    t.deepEqual(answer.skipped, [{id: 'io_stats', command: 'touch /kstop-was-here', description: 'never run'}]);
    t.like(answer.failures[0], {name: 'query_starts', field: 'ebpf_programs[2].target'});
    t.deepEqual(answer.statistics.programs, {done: 2, refused: 1});
    t.is(answer.scripts.length, 2);
    t.is(answer.scripts[1]?.sha256, reads?.trace.script_sha256 ?? 'none');
  },
);
