import type {DropRow, Peer} from '../../types/detail.ts';
import {bytes, compact, count, rate} from '../../util/format.ts';
import {figure, label} from '../panes/columns.ts';
import {type Interface, interfaces, type ProtocolRow, protocolRows} from '../panes/network-rows.ts';
import type {ListPane, View} from '../panes/pane.ts';
import {whyNothing} from '../panes/shared.ts';

const peers: ListPane<Peer> = {
  kind: 'list',
  id: 'peers',
  title: 'Retransmits by peer',
  note: () => 'TCP segments sent again, last 60 s',
  rows: ({detail}) => detail.peers,
  key: ({address}) => address,
  columns: [
    label(['address', 'PEER', 15, 0], ({address}) => address, {grow: true}),
    label(['port', 'PORT', 6, 2], ({port}) => port, {align: 'right'}),
    figure(['segments', 'SEGMENTS', 9, 0], ({segments}) => segments, count),
    label(['state', 'STATE', 12, 1], ({state}) => state),
    label(['owner', 'MOSTLY OF', 16, 1], ({owner}) => owner),
  ],
  sort: {column: 'segments', descending: true},
  subject: ({address, owner}) => ({type: 'TCP_RETRANSMIT', text: `${address} ${owner ?? ''}`}),
  empty: (state) => whyNothing(state, 'retransmit', 'no segment was sent again in the last minute'),
};

const CLASS_ORDER: Record<string, number> = {fault: 0, policy: 1, normal: 2};

const drops: ListPane<DropRow> = {
  kind: 'list',
  id: 'drops',
  title: 'Dropped packets by reason',
  note: () => "last 60 s, by the kernel's count",
  rows: ({detail}) => detail.drops,
  key: (row) => `${row.class} ${row.reason}`,
  columns: [
    {
      ...label<DropRow>(['class', 'CLASS', 6, 0], (row) => row.class, {
        token: (row) => (row.class === 'fault' ? 'heat.warning' : 'text'),
      }),
      value: (row) => CLASS_ORDER[row.class] ?? 3,
    },
    label(['reason', 'REASON', 18, 0], ({reason}) => reason),
    figure(['packets', 'PACKETS', 9, 0], ({packets}) => packets, count),
    figure(['rate', 'NOW', 8, 1], (row) => row.per_s, rate),
    label(['location', 'MOSTLY AT', 20, 1], ({location}) => location, {grow: true}),
    label(['device', 'DEVICE', 8, 3], ({device}) => device),
    label(['owner', 'MOSTLY OF', 16, 2], ({owner}) => owner),
  ],
  sort: {column: 'class', descending: false},
  subject: ({reason, location, owner}) => ({type: 'PACKET_DROP', text: `${reason} ${location ?? ''} ${owner ?? ''}`}),
  empty: (state) => whyNothing(state, 'drops', 'no packet was dropped in the last minute'),
};

const perSecond = (value: number) => `${bytes(value)}/s`;
const BAD = {token: ({bad}: {bad: number}) => (bad > 0 ? ('heat.warning' as const) : ('text' as const))};

const devices: ListPane<Interface> = {
  kind: 'list',
  id: 'interfaces',
  title: 'Interfaces',
  note: () => "of kstop's own network namespace; BAD: errors and drops since the start",
  rows: interfaces,
  key: ({device}) => device,
  columns: [
    label(['device', 'DEVICE', 12, 0], ({device}) => device, {grow: true}),
    figure(['rx', 'RX', 10, 0], ({rx}) => rx.bytes, perSecond),
    figure(['tx', 'TX', 10, 0], ({tx}) => tx.bytes, perSecond),
    figure(['rx-packets', 'RX PKT', 8, 1], ({rx}) => rx.packets, rate),
    figure(['tx-packets', 'TX PKT', 8, 1], ({tx}) => tx.packets, rate),
    figure(['rx-drops', 'RX DROP', 8, 2], ({rx}) => rx.drops, rate),
    figure(['tx-drops', 'TX DROP', 8, 2], ({tx}) => tx.drops, rate),
    figure(['rx-errors', 'RX ERR', 7, 3], ({rx}) => rx.errors, rate),
    figure(['tx-errors', 'TX ERR', 7, 3], ({tx}) => tx.errors, rate),
    figure(['bad', 'BAD', 6, 1], ({bad}) => bad, compact, BAD),
  ],
  subject: ({device}) => ({text: device}),
  empty: (state) => whyNothing(state, 'traffic', 'no interface'),
};

const protocols: ListPane<ProtocolRow> = {
  kind: 'list',
  id: 'protocols',
  title: 'Protocol counters',
  note: () => 'those that moved first',
  rows: protocolRows,
  key: ({name}) => name,
  columns: [
    label(['name', 'COUNTER', 22, 0], ({name}) => name, {
      grow: true,
      token: ({bad, grown}) => (grown === 0 ? 'dim' : bad ? 'heat.warning' : 'text'),
    }),
    figure(['rate', 'NOW', 9, 0], (row) => row.per_s, rate),
    figure(['grown', 'SINCE START', 11, 0], ({grown}) => grown, count),
    figure(['value', 'SINCE BOOT', 13, 1], ({value}) => value, count),
  ],
  subject: ({name}) => ({text: name}),
  empty: (state) => whyNothing(state, 'traffic', 'no protocol counters'),
};

/** Where segments and packets get lost, and what passes through the interfaces. */
export const network: View = {
  id: 'network',
  title: 'Network',
  subsystem: 'network',
  places: [
    {pane: peers, weight: 2, min: 4, beside: {pane: drops, weight: 3, min: 4}},
    {pane: devices, weight: 3, min: 4, beside: {pane: protocols, weight: 2, min: 4}},
  ],
};
