import {readFileSync, statSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import {must} from './disk.ts';
import {which} from './machine.ts';
import {SLOW, sleep} from './wait.ts';

/** A network namespace of the test's own. */
class Namespace {
  constructor(readonly name: string) {}

  /** Prefix of a command that is to run in it; the command keeps the process id. */
  get enter(): string[] {
    return [which('ip') ?? 'ip', 'netns', 'exec', this.name];
  }

  run(...command: string[]): string {
    return must(this.enter[0], ...this.enter.slice(1), ...command);
  }

  /** Inode number, as kstop names it. */
  get inode(): number {
    return statSync(`/run/netns/${this.name}`).ino;
  }

  /** A figure of the kernel's protocol statistics (/proc/net/snmp, or netstat) of this namespace. */
  protocol(protocol: string, name: string, file: 'snmp' | 'netstat' = 'snmp'): number {
    const [names, values] = this.run('cat', `/proc/net/${file}`)
      .split('\n')
      .filter((line) => line.startsWith(`${protocol}:`))
      .map((line) => line.split(' '));
    return Number(values[names.indexOf(name)]);
  }

  /** The same of IPv6 (/proc/net/snmp6), by its name there: `Udp6NoPorts`. */
  protocol6(name: string): number {
    return Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(this.run('cat', '/proc/net/snmp6'))?.[1]);
  }

  tcp(name: string): number {
    return this.protocol('Tcp', name);
  }

  /** Drops what comes in and matches: an nft expression. */
  drop(...match: string[]): void {
    const nft = (...args: string[]) => this.run(which('nft') ?? 'nft', ...args);
    nft('add', 'table', 'inet', 'kt');
    nft('add', 'chain', 'inet', 'kt', 'in', '{', 'type', 'filter', 'hook', 'input', 'priority', '0', ';', '}');
    nft('add', 'rule', 'inet', 'kt', 'in', ...match, 'drop');
  }

  /** Packets that a rule with a counter has dropped. */
  dropped(): number {
    const rules = this.run(which('nft') ?? 'nft', 'list', 'table', 'inet', 'kt');
    return Number(/counter packets (\d+)/.exec(rules)?.[1]);
  }

  dropNothing(): void {
    this.run(which('nft') ?? 'nft', 'delete', 'table', 'inet', 'kt');
  }

  /** Waits until no connection is open or closing any more, and returns the segments sent again until then. */
  async restingRetransmits(): Promise<number> {
    for (let tries = 0; tries < 200 * SLOW; tries++) {
      const before = this.tcp('RetransSegs');
      await sleep(50);
      const busy = ['tcp', 'tcp6'].some((file) =>
        this.run('cat', `/proc/net/${file}`)
          .split('\n')
          .slice(1)
          // All but TIME_WAIT, CLOSE and LISTEN.
          .some((line) => line.trim() && !['06', '07', '0A'].includes(line.trim().split(/\s+/)[3])),
      );
      const after = this.tcp('RetransSegs');
      if (!busy && before === after) return after;
    }
    throw new Error(`connections in ${this.name} never end: ${this.run('cat', '/proc/net/tcp')}`);
  }
}

let made = 0;

export interface Pair {
  client: Namespace;
  server: Namespace;
  ipv4: {client: string; server: string};
  ipv6: {client: string; server: string};
}

/** Two namespaces with a cable between them, apart from the machine's own network. */
export function networkPair(t: ExecutionContext): Pair {
  const id = `${process.pid}-${++made}`;
  const [client, server] = ['a', 'b'].map((end) => new Namespace(`kstop-${end}-${id}`));
  const ip = which('ip') ?? 'ip';
  for (const each of [client, server]) {
    must(ip, 'netns', 'add', each.name);
    t.teardown(() => must(ip, 'netns', 'delete', each.name));
  }
  must(ip, 'link', 'add', 'kt0', 'netns', client.name, 'type', 'veth', 'peer', 'name', 'kt0', 'netns', server.name);
  [client, server].forEach((each, i) => {
    each.run(ip, 'address', 'add', `10.99.0.${i + 1}/24`, 'dev', 'kt0');
    each.run(ip, 'address', 'add', `fd99::${i + 1}/64`, 'dev', 'kt0', 'nodad');
    each.run(ip, 'link', 'set', 'lo', 'up');
    each.run(ip, 'link', 'set', 'kt0', 'up');
  });
  return {
    client,
    server,
    ipv4: {client: '10.99.0.1', server: '10.99.0.2'},
    ipv6: {client: 'fd99::1', server: 'fd99::2'},
  };
}

/** So many namespaces with nothing but a loopback interface. */
export function loneNamespaces(t: ExecutionContext, count: number): Namespace[] {
  const ip = which('ip') ?? 'ip';
  return Array.from({length: count}, () => {
    const lone = new Namespace(`kstop-l-${process.pid}-${++made}`);
    must(ip, 'netns', 'add', lone.name);
    t.teardown(() => must(ip, 'netns', 'delete', lone.name));
    must(ip, '-n', lone.name, 'link', 'set', 'lo', 'up');
    return lone;
  });
}

/** Why namespaces and dropping can't be had here; undefined when they can. */
export function lacksNetwork(): string | undefined {
  const missing = ['ip', 'nft'].filter((program) => !which(program));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  try {
    readFileSync('/proc/self/ns/net');
  } catch {}
  return undefined;
}
