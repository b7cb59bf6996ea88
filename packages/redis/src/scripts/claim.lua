#!lua flags=allow-oom
-- Says whose a name is, and gives it to another where it is still its who the caller believes.
--
-- KEYS  the claim's key
-- ARGV  the value that the caller expects, empty for none; the value to put there; its milliseconds
-- Returns the value that is there now, and for how many milliseconds more.
--
-- Allowed when memory is full: what is cached stays in use.

local value = redis.call('MGET', KEYS[1])[1] or ''
if value ~= ARGV[1] then return { value, redis.call('PTTL', KEYS[1]) } end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return { ARGV[2], tonumber(ARGV[3]) }
