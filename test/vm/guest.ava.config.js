// AVA inside a guest: the kernel tests as bundle.ts made them, where every second is several.
export default {
  files: ['dist/test-vm/*.test.mjs'],
  nodeArguments: ['--enable-source-maps'],
  workerThreads: false,
  cache: false,
  serial: true,
  concurrency: 1,
  timeout: '10m',
};
