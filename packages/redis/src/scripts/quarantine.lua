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

-- What a lock begins with that takes the place of `text`.
local function beginning(key, text)
  if not is_token(text) then return 'L--|||' end
  local lifetime = redis.call('PTTL', key)
  -- Every token of ours has a time to live; one without is somebody else's and need not come back.
  if lifetime <= 0 then return 'L--|||' end
  return 'L--|' .. text .. '|' .. milliseconds(lifetime) .. '|'
end

local texts = read_texts(KEYS)
local locks, unlocked = {}, {}
for i, key in ipairs(KEYS) do
  local lock = parse_lock(texts[i])
  if lock then
    lock.last = redis.call('PEXPIRETIME', key)
    locks[i] = lock
  else
    unlocked[#unlocked + 1] = key
    locks[i] = beginning(key, texts[i])
  end
end

tell(unlocked, command, channel)

local ends = milliseconds(now + lease)
local alone = name .. '@' .. ends
for i, key in ipairs(KEYS) do
  local lock = locks[i]
  if type(lock) == 'string' then
    redis.call('SET', key, lock .. alone, 'PXAT', ends)
  else
    local expires = math.max(now + lease, leave(lock, name, now) or 0)
    if lock.holders ~= '' then lock.met, lock.holders = true, lock.holders .. ',' end
    lock.holders = lock.holders .. name .. '@' .. milliseconds(expires)
    redis.call('SET', key, lock_text(lock), 'PXAT', milliseconds(math.max(expires, lock.last)))
  end
end

return #KEYS
