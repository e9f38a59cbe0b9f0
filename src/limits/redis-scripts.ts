/**
 * Quotas, budgets and parallel requests of one request, all or none, in one step of Redis.
 *
 * KEYS: the lasting counters, then the sets of slots.
 * ARGV: number of lasting counters; for each: amount to add, limit, what Postgres and this replica know of it, and
 * milliseconds to keep it; then lease milliseconds, name of the slot, and for each set of slots its limit.
 * Answers 0 when admitted, the number (from 1) of the key that refuses, or that number below zero when nobody knows: what
 * Postgres and this replica know is given as -1 and Redis has nothing either.
 *
 * A counter that Redis has lost, or that others counted while Redis was away, is raised to what Postgres knows: counters
 * only grow within their window, so the larger number is the truer one. Slots are leases in a sorted set with their end
 * as the score, so that those of a replica that died come free by themselves. Redis' own clock rules them.
 */
export const takeScript = `
local lasting = tonumber(ARGV[1])
local clock = redis.call('time')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for i = 1, lasting do
  local at = 2 + (i - 1) * 4
  local stored = redis.call('get', KEYS[i])
  if not stored and ARGV[at + 2] == '-1' then return -i end
  local used = tonumber(stored or '0')
  if tonumber(ARGV[at + 2]) > used then
    used = tonumber(ARGV[at + 2])
    redis.call('set', KEYS[i], ARGV[at + 2], 'PX', ARGV[at + 3])
  end
  if used >= tonumber(ARGV[at + 1]) then return i end
end
local at = 2 + lasting * 4
for i = lasting + 1, #KEYS do
  redis.call('zremrangebyscore', KEYS[i], '-inf', now)
  if redis.call('zcard', KEYS[i]) >= tonumber(ARGV[at + 1 + i - lasting]) then return i end
end
for i = 1, lasting do
  local each = 2 + (i - 1) * 4
  if ARGV[each] ~= '0' then
    redis.call('incrby', KEYS[i], ARGV[each])
    if redis.call('pttl', KEYS[i]) < 0 then redis.call('pexpire', KEYS[i], ARGV[each + 3]) end
  end
end
for i = lasting + 1, #KEYS do
  redis.call('zadd', KEYS[i], now + tonumber(ARGV[at]), ARGV[at + 1])
  redis.call('pexpire', KEYS[i], ARGV[at])
end
return 0
`;

/** Prolongs leases that are still held. KEYS: one set of slots. ARGV: lease milliseconds, then names of slots. */
export const renewScript = `
local clock = redis.call('time')
local ends = clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(ARGV[1])
for i = 2, #ARGV do redis.call('zadd', KEYS[1], ends, ARGV[i]) end
redis.call('pexpire', KEYS[1], ARGV[1])
return 0
`;
