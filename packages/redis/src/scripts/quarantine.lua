#!lua flags=allow-oom
-- Locks each tag for a holder, or renews its lease there.
--
-- KEYS  the tags' keys
-- ARGV  holder, lease in milliseconds, PUBLISH or SPUBLISH, the group's channel
-- Returns the number of tags.
--
-- Tells the keys that had no lock. Other holders keep their part. A lease never gets shorter. Allowed when memory is
-- full: an invalidation must land.

--@include lock.lua
--@include tell.lua

local name, lease, command, channel = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local now = server_time()

local function new_lock(key, text)
  local lock = { met = false, dirty = false, former = '', lifetime = '', holders = '' }
  if is_token(text) then
    local lifetime = redis.call('PTTL', key)
    -- Every token of ours has a time to live; one without is somebody else's and need not come back.
    if lifetime > 0 then lock.former, lock.lifetime = text, milliseconds(lifetime) end
  end
  return lock
end

local locks, ends, unlocked = {}, {}, {}
for i, key in ipairs(KEYS) do
  local text = read_text(key)
  local lock = parse_lock(text)
  ends[i] = lock and redis.call('PEXPIRETIME', key) or 0
  locks[i] = lock or new_lock(key, text)
  if not lock then unlocked[#unlocked + 1] = key end
end

tell(unlocked, command, channel)

for i, key in ipairs(KEYS) do
  local lock = locks[i]
  local expires = math.max(now + lease, leave(lock, name, now) or 0)
  if lock.holders ~= '' then lock.met, lock.holders = true, lock.holders .. ',' end
  lock.holders = lock.holders .. name .. '@' .. milliseconds(expires)
  redis.call('SET', key, lock_text(lock), 'PXAT', milliseconds(math.max(expires, ends[i])))
end

return #KEYS
