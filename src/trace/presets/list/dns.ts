import type {TraceEventKind} from '../../../types/trace.ts';
import {type Code, code} from '../../script/code.ts';
import {fileOfDescriptor} from '../files.ts';
import {fits, patternOf} from '../pattern.ts';
import type {Form, Preset, Writing} from '../preset.ts';
import {address} from '../show/address.ts';
import {dnsName} from '../show/dns-name.ts';
import {enters, kindOf, print, type Told, text} from '../write.ts';

/** Port 53 as it stands in a socket. */
const PORT = 0x3500;
/** Bytes of a query before its question. */
const HEADER = 12;
/** From one message of sendmmsg() to the next. */
const MMSGHDR = 64;
/** A name has up to 255 bytes; an event has room for so many. */
const STRLEN = 160;

/**
 * The statements that tell of a query whose packet begins at `data`, to the address in `to` or, where that's none, to what the socket is
 * connected to. Of the packet only the name is read: up to the first zero after its header.
 */
function tell(writing: Writing, kind: TraceEventKind, data: Code, to: Code): Code[] {
  const query = text('name', code`str(uptr(${data} + ${HEADER}))`, dnsName);
  const sent = (server: Code): Code => print(writing, kind, [query, text('server', server, address)] satisfies Told[]);
  return [
    code`$sock = ((struct socket *)$file->private_data)->sk;`,
    code`if (${to} == 0) { if ($sock->__sk_common.skc_dport == ${PORT}) {`,
    code`  if ($sock->__sk_common.skc_family == 2) { ${sent(code`ntop(2, $sock->__sk_common.skc_daddr)`)} }`,
    code`  if ($sock->__sk_common.skc_family == 10) { ${sent(code`ntop(10, $sock->__sk_common.skc_v6_daddr.in6_u.u6_addr8)`)} }`,
    code`}}`,
    code`if (${to} != 0) {`,
    code`  $four = (struct sockaddr_in *)uptr(${to});`,
    code`  if ($four->sin_family == 2 && $four->sin_port == ${PORT}) { ${sent(code`ntop(2, $four->sin_addr.s_addr)`)} }`,
    code`  $six = (struct sockaddr_in6 *)uptr(${to});`,
    code`  if ($six->sin6_family == 10 && $six->sin6_port == ${PORT}) { ${sent(code`ntop(10, $six->sin6_addr.in6_u.u6_addr8)`)} }`,
    code`}`,
  ];
}

/** Of a message as sendmsg() takes it, whose name and first piece are looked at. */
function ofMessage(writing: Writing, kind: TraceEventKind, message: Code): Code[] {
  return [
    code`$message = (struct user_msghdr *)uptr(${message});`,
    code`$to = (uint64)$message->msg_name;`,
    code`$piece = (struct iovec *)uptr((uint64)$message->msg_iov);`,
    code`$data = (uint64)$piece->iov_base;`,
    ...tell(writing, kind, code`$data`, code`$to`),
  ];
}

const IS_UDP = code`($file->f_inode->i_mode & 0xf000) == 0xc000 && ((struct socket *)$file->private_data)->sk->sk_protocol == 17`;

const byCalls: Form = {
  needs: [
    {type: 'tracepoint', target: 'syscalls:sys_enter_sendto', fields: ['fd', 'buff', 'addr']},
    {type: 'tracepoint', target: 'syscalls:sys_enter_sendmsg', fields: ['fd', 'msg']},
    {type: 'tracepoint', target: 'syscalls:sys_enter_sendmmsg', fields: ['fd', 'mmsg', 'vlen']},
  ],
  types: true,
  notes: [
    'queries over UDP to port 53 that are sent by sendto(), sendmsg() or sendmmsg(); of one sendmmsg() the first two',
  ],
  write(writing) {
    const {arg, parameters} = writing;
    const names: Told[] = [text('name', code`comm`, dnsName), text('server', code`comm`, address)];
    const kind = kindOf('query', 'dns_query', names, '%s, asked of %s');
    const pattern = patternOf(parameters);
    const begin = [fileOfDescriptor(arg('fd')), code`if (${IS_UDP}) {`];
    return {
      blocks: [
        ...enters(writing, ['sendto'], () => ({
          does: [...begin, ...tell(writing, kind, code`(uint64)${arg('buff')}`, code`(uint64)${arg('addr')}`), code`}`],
        })),
        ...enters(writing, ['sendmsg'], () => ({
          does: [...begin, ...ofMessage(writing, kind, code`(uint64)${arg('msg')}`), code`}`],
        })),
        ...enters(writing, ['sendmmsg'], () => ({
          does: [
            ...begin,
            ...ofMessage(writing, kind, code`(uint64)${arg('mmsg')}`),
            code`if (${arg('vlen')} > 1) {`,
            ...ofMessage(writing, kind, code`(uint64)${arg('mmsg')} + ${MMSGHDR}`),
            code`}}`,
          ],
        })),
      ],
      events: [kind],
      strlen: STRLEN,
      keep: ({raw_args}) => raw_args.name !== '' && (pattern === undefined || fits(pattern, raw_args.name ?? '')),
    };
  },
};

export const dns: Preset = {
  name: 'dns',
  help: 'names that are looked up by DNS, by whom and which server is asked (no other contents of packets)',
  forPid: true,
  pattern: 'name that is looked up',
  forms: [byCalls],
  answers: [],
};
