import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { ForwardedParams, underToken } from '../../../src/mcp/call-params.js';
import { parseBody, type RpcRequest } from '../../../src/mcp/rpc-message.js';

function requestOf(text: string): RpcRequest {
  const [message] = parseBody(Buffer.from(text)).messages;
  if (message?.kind !== 'request') throw new Error('not a request');
  return message;
}

const call = (params: string): RpcRequest =>
  requestOf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`);

describe('forwarded params', () => {
  test('arguments go on exactly as they were written', () => {
    const args = '{ "id": 12345678901234567890, "x":"\\u00e9\\/", "b":1.0, "a":{"name":"inner"} }';
    const params = new ForwardedParams(call(`{"name":"up__echo","arguments":${args}}`));
    expect(params.encode({ name: '"echo"' }, null)).toBe(`{"name":"echo","arguments":${args}}`);
    expect(params.text('arguments')).toBe(args);
  });

  test('the progress token is ours, and absent when the client wants none', () => {
    const asked = new ForwardedParams(call('{"name":"a","_meta":{"progressToken":"theirs","trace":"t"}}'));
    expect(JSON.parse(asked.encode({ name: '"b"' }, 42))).toEqual({
      name: 'b',
      _meta: { progressToken: 42, trace: 't' },
    });
    expect(JSON.parse(asked.encode({ name: '"b"' }, null))).toEqual({ name: 'b', _meta: { trace: 't' } });
    const silent = new ForwardedParams(call('{"name":"a"}'));
    expect(silent.encode({ name: '"b"' }, null)).toBe('{"name":"b"}');
  });

  test('the envelope of the stateless revision stays behind', () => {
    const meta =
      '{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
    const params = new ForwardedParams(call(`{"name":"a","_meta":${meta},"arguments":{}}`));
    expect(params.encode({ name: '"b"' }, null)).toBe('{"name":"b","arguments":{}}');
  });

  test('of duplicate members the last one counts, for the judge and for the upstream', () => {
    const message = call('{"name":"allowed","name":"other","arguments":{"a":1},"arguments":{"a":2}}');
    const encoded = new ForwardedParams(message).encode({ name: '"x"' }, null);
    expect(message.params['name']).toBe('other');
    expect(encoded.match(/"name"/g)).toHaveLength(1);
    expect((JSON.parse(encoded) as { arguments: unknown }).arguments).toEqual({ a: 2 });
  });

  test('whatever JSON the arguments are, the upstream gets the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
        const text = JSON.stringify({ name: 'a', arguments: args, _meta: { progressToken: 'x' } });
        const encoded = JSON.parse(new ForwardedParams(call(text)).encode({ name: '"b"' }, 7)) as unknown;
        expect(encoded).toEqual(
          JSON.parse(JSON.stringify({ name: 'b', arguments: args, _meta: { progressToken: 7 } })),
        );
      }),
    );
  });
});

test('progress goes out under the client’s own token', () => {
  expect(JSON.parse(underToken('{"progress":1,"total":2}', 'a"b'))).toEqual({
    progressToken: 'a"b',
    progress: 1,
    total: 2,
  });
  expect(JSON.parse(underToken(' { } ', 5))).toEqual({ progressToken: 5 });
});
