#!lua flags=allow-oom
-- Writes over the end of an entry, and lets it live longer.
--
-- KEYS  the entry's key
-- ARGV  a place in it and the bytes that it must have from there on; the bytes that take the place of its last; the
--       milliseconds that it lives from now on, if it would not live longer anyway
-- Returns 1, or 0 where it is another entry, or none.
--
-- Allowed when memory is full: nothing grows.

local key, at, expected, tail = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3]
local found = redis.pcall('GETRANGE', key, at, at + #expected - 1)
if type(found) == 'table' and not found.err:find('WRONGTYPE', 1, true) then error(found) end
if found ~= expected then return 0 end
redis.call('SETRANGE', key, redis.call('STRLEN', key) - #tail, tail)
redis.call('PEXPIRE', key, ARGV[4], 'GT')
return 1
