import test from 'ava';
import {readCounts} from '../../src/native/snapshot.ts';
import {LAYOUT} from '../../src/native/wire.gen.ts';
import {ContainerTrafficReader} from '../../src/sources/readers/container-traffic.ts';
import {noParts} from './parts.ts';

type Row = [cgroup: number, rxBytes: number];

/** struct ks_snapshot and rows of struct ks_traffic_row. */
function snapshot(...rows: Row[]): DataView {
  const {snapshot: head, traffic_row: layout} = LAYOUT;
  const view = new DataView(new ArrayBuffer(head.SIZE + rows.length * layout.SIZE));
  view.setUint32(head.rows, rows.length, true);
  view.setUint32(head.row_bytes, layout.SIZE, true);
  rows.forEach(([cgroup, bytes], i) => {
    const at = head.SIZE + i * layout.SIZE;
    view.setBigUint64(at + layout.cgroup_id, BigInt(cgroup), true);
    view.setBigUint64(at + layout.n + LAYOUT.traffic.rx_bytes, BigInt(bytes), true);
  });
  return view;
}

function received(reader: ContainerTrafficReader, ...rows: Row[]): Record<string, number> {
  const view = snapshot(...rows);
  const parts = noParts();
  reader.read(view, readCounts(view), parts);
  const bytes = parts.counters.filter(({name, labels}) => name === 'container_net_bytes' && labels.direction === 'rx');
  return Object.fromEntries(bytes.map(({labels, value}) => [labels.cgroup, value]));
}

test('a cgroup that one reading of the map gives twice is counted once', (t) => {
  const reader = new ContainerTrafficReader((id) => `/${id}`);
  t.deepEqual(received(reader, [1, 100], [2, 50], [1, 100]), {'/1': 100, '/2': 50});
  t.deepEqual(received(reader, [1, 130], [2, 50], [1, 131]), {'/1': 130, '/2': 50});
});

test('one that was pushed out of the map counts on when it is back', (t) => {
  const reader = new ContainerTrafficReader((id) => `/${id}`);
  t.deepEqual(received(reader, [1, 100]), {'/1': 100});
  t.deepEqual(received(reader, [1, 30]), {'/1': 130});
});
