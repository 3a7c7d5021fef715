import type {TraceEventKind} from '../../../types/trace.ts';
import {type Code, code} from '../../script/code.ts';
import {fileOfDescriptor} from '../files.ts';
import type {PresetBlock, Writing} from '../preset.ts';
import {address, networkPort} from '../show/address.ts';
import {resultName} from '../show/numbers.ts';
import {kindOf, number, print, text} from '../write.ts';

const ENTER = 'syscalls:sys_enter_connect';
const EXIT = 'syscalls:sys_exit_connect';

const IS_TCP = code`($file->f_inode->i_mode & 0xf000) == 0xc000 && ((struct socket *)$file->private_data)->sk->sk_protocol == 6`;

/** That a connection's first packet is under way, at the socket's change to SYN_SENT: then its own program tells of it. */
export const SENT = code`delete(@to[tid]);`;
export const SCRATCH = '@to';

/**
 * Programs for connections that fail before a packet is sent (no route, no port left): the call's result, if it ends without the
 * socket having got anywhere. Undefined where connect() can't be traced.
 */
export function unsent(writing: Writing): {blocks: PresetBlock[]; kind: TraceEventKind} | undefined {
  const {arg, has, hasField} = writing;
  if (!has('tracepoint', ENTER) || !has('tracepoint', EXIT)) return undefined;
  if (!hasField(ENTER, 'fd') || !hasField(ENTER, 'uservaddr') || !hasField(EXIT, 'ret')) return undefined;
  const told = (port: Code, daddr: Code) => [
    text('daddr', daddr, address),
    number('dport', port, networkPort),
    number('result', arg('ret'), resultName),
  ];
  const kind = kindOf('unsent', 'tcp_connect', told(code`0`, code`comm`), '-> %s:%s %s at once');
  return {
    kind,
    blocks: [
      {
        type: 'tracepoint',
        target: ENTER,
        does: [fileOfDescriptor(arg('fd')), code`if (${IS_TCP}) { @to[tid] = (uint64)${arg('uservaddr')}; }`],
      },
      {
        type: 'tracepoint',
        target: EXIT,
        when: code`@to[tid]`,
        does: [
          // Already connected (106), on its way (114, 115) or interrupted (4, 512) is no failure.
          code`$ret = ${arg('ret')};`,
          code`if ($ret < 0 && $ret != -106 && $ret != -114 && $ret != -115 && $ret != -4 && $ret != -512) {`,
          code`  $four = (struct sockaddr_in *)uptr(@to[tid]);`,
          code`  if ($four->sin_family == 2) { ${print(writing, kind, told(code`$four->sin_port`, code`ntop(2, $four->sin_addr.s_addr)`))} }`,
          code`  $six = (struct sockaddr_in6 *)uptr(@to[tid]);`,
          code`  if ($six->sin6_family == 10) { ${print(writing, kind, told(code`$six->sin6_port`, code`ntop(10, $six->sin6_addr.in6_u.u6_addr8)`))} }`,
          code`}`,
          code`delete(@to[tid]);`,
        ],
      },
    ],
  };
}
