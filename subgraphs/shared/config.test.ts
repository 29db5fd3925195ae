import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  duration,
  flag,
  integer,
  list,
  optionalUrl,
  readConfig,
  readConfigs,
  text,
  url,
} from './config.js';

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('reading settings', () => {
  it('gives typed values, nested as they were asked for, with defaults for what is unset or blank', () => {
    const config = readConfig(
      { PORT: '8080', NETWORKS: '10.0.0.0/8, 192.168.0.0/16,', WAIT: '90s', PRETTY: 'yes', NAME: '  ' },
      {
        port: integer('PORT', { min: 0, max: 65_535 }),
        cluster: { networks: list('NETWORKS'), wait: duration('WAIT', '1s') },
        pretty: flag('PRETTY', false),
        name: text('NAME', 'meridian'),
        database: optionalUrl('DATABASE_URL', ['postgres:']),
      },
    );
    expect(config).toEqual({
      port: 8080,
      cluster: { networks: ['10.0.0.0/8', '192.168.0.0/16'], wait: 90_000 },
      pretty: true,
      name: 'meridian',
      database: null,
    });
  });

  it('reports every problem of every reader at once, each naming its setting', () => {
    const problems = problemsOf(() =>
      readConfigs({
        one: () =>
          readConfig({ PORT: '-1' }, { port: integer('PORT', { min: 0, max: 9 }), key: text('KEY') }),
        other: () => readConfig({ WAIT: '5 minutes' }, { wait: duration('WAIT', '1s') }),
      }),
    );
    expect(problems).toEqual([
      'PORT: "-1" is not a whole number from 0 to 9',
      'KEY: is required',
      'WAIT: "5 minutes" is not a duration such as 500ms, 30s, 5m, 8h or 14d',
    ]);
  });

  it('never repeats a URL, which may hold a password', () => {
    const problems = problemsOf(() =>
      readConfig({ URL: 'mysql://root:hunter2@db' }, { url: url('URL', ['postgres:']) }),
    );
    expect(problems).toEqual(['URL: is not a URL that starts with postgres://']);
  });
});
