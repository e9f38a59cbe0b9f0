import { Writable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';
import { Logger as NestsOwnLogger } from '@nestjs/common';
import type { Logger } from 'pino';

import { createLogger, type LogSettings } from '../../../../src/http/logging/create-logger.js';
import { NestLogger } from '../../../../src/http/logging/nest-logger.js';
import { newRequestId, requestIdFrom } from '../../../../src/http/logging/request-id.js';
import { RequestLog } from '../../../../src/http/logging/request-line.js';
import { TrafficLog } from '../../../../src/http/logging/traffic-log.js';

const key = 'sk-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEy';

async function captured(
  settings: Partial<LogSettings> = {},
  pretty = false,
): Promise<{ logger: Logger; text: () => string; lines: () => Record<string, unknown>[] }> {
  let text = '';
  const destination = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const logger = await createLogger({ level: 'info', traffic: false, ...settings }, { pretty, destination });
  const lines = (): Record<string, unknown>[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, text: () => text, lines };
}

describe('createLogger', () => {
  it('writes JSON lines with a readable level and time', async () => {
    const { logger, lines } = await captured();
    logger.info({ upstream: 'github' }, 'ready');
    logger.debug('not asked for');
    expect(lines()).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), upstream: 'github', msg: 'ready' },
    ]);
  });

  it('hides secrets wherever they stand, in errors and children too', async () => {
    const { logger, text, lines } = await captured();
    logger.child({ url: `https://x.y/mcp/${key}/sse` }).error({
      err: new Error(`connect https://u:hunter2@x.y failed`, { cause: new Error(`Bearer ${key}`) }),
      req: { headers: { authorization: 'hunter2', cookie: 'hunter2' } },
    });
    expect(text()).not.toMatch(/Zm9v|hunter2/);
    expect(lines()[0]?.req).toEqual({ headers: { authorization: '[redacted]', cookie: '[redacted]' } });
  });

  it('writes readable lines for a terminal, redacted as well', async () => {
    const { logger, text } = await captured({}, true);
    logger.info({ context: 'Upstream', tools: 3 }, `connected with ${key}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(text()).toContain('INFO: [Upstream] connected with sk-[redacted]');
    expect(text()).not.toContain('Zm9v');
  });
});

describe('NestLogger', () => {
  it('maps levels, contexts, stacks and errors', async () => {
    const { logger, lines } = await captured({ level: 'trace' });
    const nest = new NestLogger(logger);
    nest.log('started', 'Main');
    nest.error('broke', 'Error: x\n    at y', 'Main');
    nest.error(new Error('thrown'), 'Main');
    nest.warn({ upstream: 'github' }, 'Registry');
    nest.verbose('detail');
    nest.log('quiet', 'InstanceLoader');
    expect(lines()).toMatchObject([
      { level: 'info', context: 'Main', msg: 'started' },
      { level: 'error', context: 'Main', stack: 'Error: x\n    at y', msg: 'broke' },
      { level: 'error', context: 'Main', msg: 'thrown', err: { message: 'thrown' } },
      { level: 'warn', context: 'Registry', upstream: 'github' },
      { level: 'trace', msg: 'detail' },
      { level: 'debug', context: 'InstanceLoader', msg: 'quiet' },
    ]);
  });

  it('serves Nest itself', async () => {
    const { logger, lines } = await captured();
    NestsOwnLogger.overrideLogger(new NestLogger(logger));
    try {
      new NestsOwnLogger('Room').warn('careful');
      new NestsOwnLogger('Room').error('broke', new Error('why'));
    } finally {
      NestsOwnLogger.overrideLogger(false);
    }
    expect(lines()).toMatchObject([
      { level: 'warn', context: 'Room', msg: 'careful' },
      { level: 'error', context: 'Room', msg: 'broke', err: { message: 'why' } },
    ]);
  });
});

describe('RequestLog', () => {
  const line = { method: 'POST', path: '/mcp', durationMs: 1.23456, requestId: 'r1', keyId: 'k1' };

  it('writes one line, louder when the gateway is to blame', async () => {
    const { logger, lines } = await captured();
    const log = new RequestLog(logger);
    log.write({ ...line, status: 200 });
    log.write({ ...line, path: `/key/${key}/regenerate`, status: 502, keyId: null });
    log.flush();
    expect(lines()).toMatchObject([
      {
        level: 'info',
        method: 'POST',
        path: '/mcp',
        status: 200,
        durationMs: 1.235,
        requestId: 'r1',
        keyId: 'k1',
      },
      { level: 'warn', path: '/key/sk-[redacted]/regenerate', status: 502, keyId: null },
    ]);
  });
});

describe('TrafficLog', () => {
  it('shows bodies, redacted and cut', async () => {
    const { logger, text, lines } = await captured({ traffic: true });
    const traffic = new TrafficLog(logger, true);
    traffic.message('from_client', `{"params":{"password":"hunter2","q":"${key}"}}`, { requestId: 'r1' });
    traffic.message('from_upstream', Buffer.from(`"${'x'.repeat(4090)}","token":"hunter2"`), {
      upstream: 'github',
    });
    traffic.message('to_client', `{"token":"${'s'.repeat(5000)}`);
    expect(text()).not.toMatch(/hunter2|Zm9v|sss/);
    expect(lines()).toMatchObject([
      {
        direction: 'from_client',
        requestId: 'r1',
        body: '{"params":{"password":"[redacted]","q":"sk-[redacted]"}}',
      },
      { direction: 'from_upstream', upstream: 'github', bytes: 4110 },
      { direction: 'to_client', body: '{"token":"[redacted]"' },
    ]);
    expect(String(lines()[1]?.body).length).toBeLessThanOrEqual(4097);
  });

  it('says nothing when not asked', async () => {
    const { logger, text } = await captured({ level: 'trace' });
    new TrafficLog(logger, false).message('to_client', '{}');
    expect(text()).toBe('');
  });
});

describe('request ids', () => {
  it('are new every time and fit a header', () => {
    const ids = Array.from({ length: 1000 }, newRequestId);
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^req_[A-Za-z0-9]{14,}$/);
  });

  it('takes over a sane inbound id', () => {
    for (const id of ['abc', 'a.b_c:d-1', 'x'.repeat(128)]) expect(requestIdFrom(id)).toBe(id);
  });

  it.each([undefined, '', ' ', 'x'.repeat(129), 'a b', 'a\nb', '<x>', 'ä', key, ['a', 'b']])(
    'refuses %j',
    (id) => {
      expect(requestIdFrom(id)).toMatch(/^req_/);
    },
  );
});
