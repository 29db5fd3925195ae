import { main } from './compose.js';

process.exitCode = main(process.argv.slice(2));
