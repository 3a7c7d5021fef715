import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {containerBlame} from '../../src/tui/panes/container-blame.ts';
import type {ListPane} from '../../src/tui/panes/pane.ts';
import {diskBlame, inFlight} from '../../src/tui/panes/request-rows.ts';
import {disk} from '../../src/tui/views/disk.ts';
import {besides} from '../../src/tui/views/places.ts';
import type {BioLatencyEvent, RequestInFlight} from '../../src/types/stream.ts';
import {frame, header, sample, stamp, wait} from '../util/synthetic.ts';

const shown = <Row>(list: ListPane<Row>, model: Model): Record<string, string>[] =>
  list.rows(model.state).map((row) => Object.fromEntries(list.columns.map((column) => [column.id, column.text(row)])));

function modelOf(events: (BioLatencyEvent | ReturnType<typeof wait>)[], in_flight?: RequestInFlight[]): Model {
  const model = new Model();
  model.apply(frame({header: header()}));
  model.apply(frame({events, sample: {...sample(1000), ...(in_flight && {in_flight})}}));
  return model;
}

const request = (more: Partial<BioLatencyEvent>): BioLatencyEvent => ({
  kind: 'event',
  ...stamp(500),
  type: 'BIO_LATENCY',
  subsystem: 'block',
  severity: 'warning',
  cpu: 0,
  pid: 10,
  tid: 10,
  comm: 'postgres',
  latency_us: 40_000,
  op: 'write',
  device: 'sda',
  sector: '8',
  size_bytes: 4096,
  ...more,
});

test('requests in flight: what waits, where, how long and whose it is; two of one task are two rows', (t) => {
  const row: RequestInFlight = {device: 'sda', op: 'write', size_bytes: 65_536, waiting_ms: 950};
  const own = {pid: 12, tid: 12, comm: 'dd', owner: 'task' as const};
  const model = modelOf(
    [],
    [
      {...row, ...own, device_ms: 900},
      {...row, ...own},
      {...row, op: 'flush', waiting_ms: 20, owner: 'writeback'},
    ],
  );
  const rows = shown(inFlight, model);
  t.like(rows[0], {
    device: 'sda',
    op: 'write',
    waiting: '950ms',
    'on-device': '900ms',
    size: '64KiB',
    pid: '12',
    comm: 'dd',
  });
  t.like(rows[1], {'on-device': '-'});
  t.like(rows[2], {op: 'flush', pid: '-', comm: 'writeback'});
  const keys = inFlight.rows(model.state).map((each) => inFlight.key(each));
  t.is(new Set(keys).size, 3);
  t.regex(inFlight.empty(modelOf([]).state), /every request is answered in time/);
  t.deepEqual(
    inFlight.rows(model.state).map((each) => inFlight.pid?.(each)),
    [12, 12, undefined],
  );
});

test('who waits for a disk because of whom, and for a CPU, each in its own list', (t) => {
  const culprits = [
    {pid: 20, comm: 'fio', owner: 'task' as const, requests: 31, size_bytes: 1 << 20, wait_us: 30_000},
    {owner: 'writeback' as const, requests: 2, size_bytes: 8192, wait_us: 5000},
  ];
  const hog = {pid: 30, comm: 'hog', ran_us: 9000};
  const model = modelOf([request({culprits}), wait(600, 10_000, {culprits: [hog]})]);
  t.deepEqual(
    shown(diskBlame, model).map((row) => [row.victim, row.wait, row.share, row.culprit, row['culprit-pid']]),
    [
      ['postgres', '30ms', '75%', 'fio', '20'],
      ['postgres', '5ms', '13%', 'writeback', '-'],
    ],
  );
});

test('which container waits because of which, for what; without containers it says so', (t) => {
  const container = {id: 'c'.repeat(64), name: 'db'};
  const hog = {pid: 30, comm: 'hog', ran_us: 9000, container: {id: 'n1', name: 'noise'}};
  const disk = [{pid: 20, comm: 'fio', owner: 'task' as const, requests: 9, size_bytes: 4096, wait_us: 30_000}];
  const model = modelOf([request({container, culprits: disk}), wait(600, 10_000, {container, culprits: [hog]})]);
  t.deepEqual(
    shown(containerBlame, model).map((row) => [row.victim, row.resource, row.wait, row.culprit]),
    [
      ['db', 'disk', '30ms', 'host'],
      ['db', 'CPU', '9ms', 'noise'],
    ],
  );
  t.regex(containerBlame.empty(modelOf([wait(600, 10_000)]).state), /no wait .* has to do with a container/);
});

test('with a cgroup watched alone: all of its calls, summed up since the start', (t) => {
  const model = new Model();
  model.apply(frame({header: header()}));
  const call = {syscall: 0, syscall_name: 'read', count: 2, total_us: 3000, max_us: 2000};
  model.apply(frame({sample: {...sample(1000), syscalls: [call, {syscall_name: 'other', count: 1, total_us: 5}]}}));
  model.apply(frame({sample: {...sample(2000), syscalls: [{...call, max_us: 1500}]}}));
  const syscalls = disk.places.flatMap(besides).find(({pane}) => pane.id === 'slow-syscalls')!.pane as ListPane;
  t.deepEqual(
    shown(syscalls, model).map((row) => [row.name, row.calls, row.failed, row.total, row.worst]),
    [
      ['read', '4', '-', '6ms', '2ms'],
      ['other', '1', '-', '5us', '-'],
    ],
  );
  t.regex(syscalls.note!(model.state), /all of the cgroup’s/);
  t.regex(syscalls.note!(modelOf([]).state), /past the threshold/);
});
