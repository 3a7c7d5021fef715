import {constants} from 'node:os';

const byNumber = (names: Record<string, number>) => {
  const found = new Map<number, string>();
  // Of two names for one number (EWOULDBLOCK) the first is the usual one.
  for (const [name, number] of Object.entries(names)) if (!found.has(number)) found.set(number, name);
  return found;
};

const ERRNOS = byNumber(constants.errno);
const SIGNALS = byNumber(constants.signals);

/** `ECONNREFUSED` of 111; `ok` of 0. */
export function errnoName(printed: string): string {
  const number = Number(printed);
  return number === 0 ? 'ok' : (ERRNOS.get(number) ?? `errno ${printed}`);
}

/** A system call's result: the error by its name, all else as it is. */
export function resultName(printed: string): string {
  const number = Number(printed);
  return number < 0 && number > -4096 ? errnoName(String(-number)) : printed;
}

/** `SIGTERM` of 15. */
export function signalName(printed: string): string {
  return SIGNALS.get(Number(printed)) ?? `signal ${printed}`;
}

/** Why a signal was sent, from `si_code`. */
export function signalCause(printed: string): string {
  return (
    {'0': 'kill', '128': 'kernel', '-1': 'queued', '-2': 'timer', '-6': 'tkill'}[printed] ??
    (Number(printed) > 0 ? 'kernel' : printed)
  );
}

const STATES =
  'ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV'.split(
    ' ',
  );

/** A TCP state by its name. */
export function tcpState(printed: string): string {
  return STATES[Number(printed) - 1] ?? printed;
}
