import type { ImageReference } from '../image.js';
import { jsonApplication } from './json-application.js';
import { mysql } from './mysql.js';
import { nginx } from './nginx.js';
import { isShellless, operatingSystems } from './operating-system.js';
import { postgres } from './postgres.js';
import type { Program } from './program.js';
import { rabbitmq } from './rabbitmq.js';
import { redis } from './redis.js';

const programs: readonly Program[] = [nginx, redis, mysql, postgres, rabbitmq, ...operatingSystems];

/** What is in an image, going by its name. */
export function programOf(image: ImageReference): Program {
  const program = programs.find(({ images }) => images.test(image.name)) ?? jsonApplication;
  if (isShellless.test(`${image.repository}:${image.tag}`)) return { ...program, system: 'none' };
  if (program.system === 'debian' && /alpine/.test(image.tag)) return { ...program, system: 'alpine' };
  return program;
}
