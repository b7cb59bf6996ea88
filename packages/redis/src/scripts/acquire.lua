#!lua
-- Takes or renews a lease, or notes who waits for it.
--
-- KEYS  the lease's key
-- ARGV  holder; milliseconds; the name of who wants to be told when it is freed, empty for nobody
-- Returns 0 where the holder has it now, else the milliseconds for which somebody else has it.
--
-- The key holds the holder and those who wait, joined by commas, which no name contains.

local key, holder, ttl, waiting = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local text = redis.call('MGET', key)[1]
local owner = text and text:match('^[^,]*')
if owner == holder then
  redis.call('PEXPIRE', key, ttl)
  return 0
end
if not owner then
  redis.call('SET', key, holder, 'PX', ttl)
  return 0
end
if waiting ~= '' and not (text .. ','):find(',' .. waiting .. ',', 1, true) then
  redis.call('SET', key, text .. ',' .. waiting, 'KEEPTTL')
end
return math.max(1, redis.call('PTTL', key))
