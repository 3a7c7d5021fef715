import {field, label, message} from '../../containers/stand-in.ts';

/** Requests of the Container Runtime Interface (runtime.v1) that tests make; field numbers are those of its api.proto. */

export interface Pod {
  name: string;
  namespace: string;
  uid: string;
}

/** On the host's network, so that nothing needs to be set up for it. */
const HOST_NETWORK = field(2, message(field(1, message(field(1, 2)))));

/** `PodSandboxConfig`. */
export const podConfig = ({name, namespace, uid}: Pod, cgroupParent: string): Buffer =>
  message(
    field(1, message(field(1, name), field(2, uid), field(3, namespace))),
    field(8, message(field(1, cgroupParent), HOST_NETWORK)),
  );

export interface Wanted {
  name: string;
  image: string;
  command: readonly string[];
  /** Restarts so far, as the kubelet would count them. */
  attempt?: number;
  /** Bytes. */
  memoryLimit?: number;
  labels?: Record<string, string>;
}

/** `NamespaceMode`: a PID namespace of its own, as the kubelet asks for where nobody says otherwise. */
const OWN_PIDS = field(2, message(field(3, message(field(2, 1)))));

/** `LinuxContainerConfig`: field 4 of its resources is the limit. */
const linuxConfig = (memoryLimit: number | undefined): Buffer =>
  message(...(memoryLimit === undefined ? [] : [field(1, message(field(4, memoryLimit)))]), OWN_PIDS);

/** `ContainerConfig`. */
export const containerConfig = ({name, image, command, attempt = 0, memoryLimit, labels = {}}: Wanted): Buffer =>
  message(
    field(1, message(field(1, name), field(2, attempt))),
    field(2, message(field(1, image))),
    ...command.map((word) => field(3, word)),
    ...Object.entries(labels).map(([key, value]) => field(9, label(key, value))),
    field(15, linuxConfig(memoryLimit)),
  );
