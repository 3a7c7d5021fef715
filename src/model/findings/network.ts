import {count, percent} from '../../util/format.ts';
import {isQuiet, type Rule} from './rule.ts';

const MIN_REPORTS = 5;
const CONCENTRATED = 0.7;

export const retransmits: Rule = ({network, facts, periods, status}) => {
  const {peers, sources, tcpStates} = facts.network;
  const high = network !== undefined && network.pct > 1;
  if (!high && (isQuiet(status('network')) || peers.total === 0)) return [];
  const ratio = network
    ? `${percent(network.pct)} of ${count(network.sent)} TCP segments sent again ${periods.segments}`
    : 'TCP segments sent again';
  const {total} = peers;
  const [peer, source] = [peers.top(), sources.top()];
  const toOne = peer && total >= MIN_REPORTS && peer.n / total >= CONCENTRATED;
  const fromOne = source && total >= MIN_REPORTS && source.n / total >= CONCENTRATED && sources.keys().length > 1;
  const reported = (n: number, end: string) => `; ${count(n)} of ${count(total)} reported ones ${end}`;
  const where = toOne
    ? reported(peer.n, `to ${peer.key}`)
    : fromOne
      ? reported(source.n, `from ${source.key} (${count(peers.keys().length)} peers)`)
      : total >= MIN_REPORTS
        ? `; ${count(peers.keys().length)} peers, none with ${percent(100 * CONCENTRATED)} of them`
        : '';
  const advice =
    tcpStates.get('SYN_SENT') > total / 2
      ? 'network: most were connection attempts: the peer or a firewall does not answer'
      : toOne
        ? `network: check the path to ${peer.key} (ip route get, mtr, interface errors)`
        : fromOne
          ? `network: check the interface of ${source.key} (ip -s link, tc -s qdisc, cable or virtual switch)`
          : 'network: many peers: check this host’s interfaces and their queues (ip -s link, tc -s qdisc)';
  return [{text: `network: ${ratio}${where}`, advice}];
};
