#!lua flags=allow-oom
-- Gives a lease back.
--
-- KEYS  the lease's key
-- ARGV  holder
-- Returns the names of those who wait for it; none where it is somebody else's.

local text = redis.call('MGET', KEYS[1])[1]
if not text or text:match('^[^,]*') ~= ARGV[1] then return {} end
redis.call('DEL', KEYS[1])
local waiting = {}
for name in text:sub(#ARGV[1] + 1):gmatch('[^,]+') do waiting[#waiting + 1] = name end
return waiting
