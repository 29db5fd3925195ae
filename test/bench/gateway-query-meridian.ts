import { readFileSync } from 'node:fs';
import { readGatewayConfig } from '../../gateway/config.js';
import { startGateway } from '../../gateway/server.js';
import { httpSource } from '../../gateway/sources/http.js';
import { systemClock } from '../../subgraphs/shared/clock.js';
import { deriveKey } from '../../subgraphs/shared/keys.js';
import { processLogger } from '../../subgraphs/shared/service.js';

/** Meridian's gateway as it is deployed, over the subgraphs of gateway-query: every rule holds, each request is logged. */
const [, , supergraphFile = '', urls = '{}', secretKey = ''] = process.argv;
const key = deriveKey(secretKey, 'caller-context');
const config = readGatewayConfig({
  MERIDIAN_SECRET_KEY: secretKey,
  MERIDIAN_PORT: '0',
  // The rule holds, and one caller asks for all.
  MERIDIAN_COST_PER_MINUTE: '1000000000000',
});
const gateway = await startGateway(config, {
  supergraphSdl: readFileSync(supergraphFile, 'utf8'),
  sources: Object.entries(JSON.parse(urls) as Record<string, string>).map(([name, url]) =>
    httpSource({ name, url, key }),
  ),
  logger: processLogger({}, false),
  clock: systemClock,
});
process.on('message', () => process.send?.({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
process.send?.({ url: gateway.url });
