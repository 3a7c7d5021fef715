/** What is wrong with a filter, in a few words for who types it. */
export class FilterProblem extends Error {}
