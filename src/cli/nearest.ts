export {nearest} from '../util/nearest.ts';
