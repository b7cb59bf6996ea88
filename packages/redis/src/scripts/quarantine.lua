#!lua flags=allow-oom
-- Locks each tag for a holder, or renews its lease there.
--
-- KEYS  the tags' keys
-- ARGV  holder, lease in milliseconds
-- Returns the number of tags.
--
-- Other holders keep their part. A lease never gets shorter. Allowed when memory is full: an invalidation must land.

--@include lock.lua

local name, lease = ARGV[1], tonumber(ARGV[2])
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

for _, key in ipairs(KEYS) do
  local text = read_text(key)
  local lock = parse_lock(text)
  local last = lock and redis.call('PEXPIRETIME', key) or 0
  lock = lock or new_lock(key, text)
  local expires = math.max(now + lease, leave(lock, name, now) or 0)
  if lock.holders ~= '' then lock.met, lock.holders = true, lock.holders .. ',' end
  lock.holders = lock.holders .. name .. '@' .. milliseconds(expires)
  redis.call('SET', key, lock_text(lock), 'PXAT', milliseconds(math.max(expires, last)))
end

return #KEYS
