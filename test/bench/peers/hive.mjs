import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';

/** Hive Gateway with its defaults; `rust` as third argument takes its Rust query planner and runtime. */
process.env.NODE_ENV = 'production';
const [, , supergraph, , runtime] = process.argv;
const handler = createGatewayRuntime({
  supergraph,
  logging: false,
  ...(runtime === 'rust' ? { unifiedGraphHandler } : {}),
});
const server = createServer(handler);
server.listen(0, '127.0.0.1', () => {
  process.send({ url: `http://127.0.0.1:${server.address().port}/graphql` });
});
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
