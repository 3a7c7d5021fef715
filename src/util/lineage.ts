import type {ContainerRef} from '../types/stream.ts';

/** What stays when a container is made anew under its names: then it has another id. Without a name the id is all there is. */
export function lineageOf({id, name, pod_uid, runtime}: ContainerRef): string {
  return name === undefined ? id : JSON.stringify([pod_uid ?? runtime ?? '', name]);
}
