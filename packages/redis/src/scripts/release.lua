#!lua flags=allow-oom
-- Ends a holder's part in the locks of tags, or drops the tokens of tags for nobody in particular.
--
-- KEYS  the keys of the tags that changed, then those of the tags that did not
-- ARGV  holder, empty for nobody; the number of tags that changed; PUBLISH or SPUBLISH; the group's channel; a token that
--       nobody ever had; then, for each tag that may get a token of the caller's: the places in KEYS of its key and of its guard, the
--       token, the milliseconds that it lives, the token that the tag must have had before its lock, empty for any
-- Returns the number of tags.
--
-- Tells the keys that have no lock. A lock stays for as long as somebody else holds it. A tag that did not change gets
-- its former token back from the last holder to leave, if nobody ever spoiled that. One that changed gets the new token in the
-- place of its former one, so that the next reader need not mint it, if the caller alone was in its lock. A tag gets a token of the
-- caller's if nobody else was ever in the lock of its guard, nobody spoiled that, it is neither lost nor over, and the lock took the
-- place of the token that the caller expects. Allowed when memory is full: an invalidation must land.

--@include lock.lua
--@include tell.lua

local name, changed, command, channel, fresh = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]

-- What is left of the time of a former token that may come back.
local FORMER = '^L[c%-]%-|T[%w_%-]+|(%d+)|'

-- What ends the text of a lock in which the caller is alone: then nothing else in it matters to a tag that changed.
local mine = '|' .. name .. '@'
local function is_alone(text)
  if not text or text:sub(1, 1) ~= 'L' then return false end
  local _, at = text:find(mine, 1, true)
  return at and text:find('^%d+$', at + 1) ~= nil
end

-- Whether nobody else was ever in such a lock, either. It ends with the caller's lease, so that one that is over is not here.
local function is_untouched(text)
  return is_alone(text) and text:sub(1, 4) == 'L--|'
end

-- Whether it is the lock of a tag that had this token before.
local function is_of(former, text)
  return former == '' or (text and text:sub(5, 5 + #former) == former .. '|')
end

local texts = read_texts(KEYS)
local replaced = {}
for i = 6, #ARGV, 5 do
  local place, guard, former = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), ARGV[i + 4]
  local is_free = place == guard or not parse_lock(texts[place])
  if is_free and is_untouched(texts[guard]) and is_of(former, texts[place]) then
    replaced[place] = { ARGV[i + 2], ARGV[i + 3] }
  end
end

local locks, unlocked, gone, now = {}, {}, {}, nil
for i, key in ipairs(KEYS) do
  if i <= changed and is_alone(texts[i]) then
    local lifetime = replaced[i] == nil and texts[i]:match(FORMER)
    if lifetime then redis.call('SET', key, fresh, 'PX', lifetime) else gone[#gone + 1] = key end
  else
    locks[i] = parse_lock(texts[i])
    if not locks[i] then
      unlocked[#unlocked + 1] = key
      -- A token here means that the lease was lost, and readers were let in since: it goes all the same.
      gone[#gone + 1] = key
    end
  end
end

tell(unlocked, command, channel)

for i, key in ipairs(KEYS) do
  local lock = locks[i]
  if lock then
    now = now or server_time()
    local expires = leave(lock, name, now)
    if i <= changed then spoil(lock) end
    if lock.holders ~= '' then
      -- Looked for among all only when the last of them may have gone.
      local is_last = expires and expires >= redis.call('PEXPIRETIME', key)
      if is_last then redis.call('SET', key, lock_text(lock), 'PXAT', milliseconds(last_end(lock)))
      else redis.call('SET', key, lock_text(lock), 'KEEPTTL') end
    elseif lock.former ~= '' then
      redis.call('SET', key, lock.former, 'PX', lock.lifetime)
    else
      gone[#gone + 1] = key
    end
  end
end
delete(gone)
for place, token in pairs(replaced) do redis.call('SET', KEYS[place], token[1], 'PX', token[2]) end

return #KEYS
