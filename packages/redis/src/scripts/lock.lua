-- What the key of a tag holds. The format is written here and nowhere else; src/tag-text.ts knows as much of it as
-- readers need.
--
--   token  "T" epoch random                            epoch: 8 characters, random: 16, all of them base64url
--   lock   "L" met dirty "|" former "|" lifetime "|" holders
--            met       "c" if more than one holder was ever in it at a time, else "-"
--            dirty     "d" if the former token must not come back, else "-"
--            former    the token that the lock replaced, empty if none may come back
--            lifetime  milliseconds that the former token had left to live when it was locked, empty with it
--            holders   name "@" end of its lease, joined by ",", the last to come at the end; milliseconds of the
--                      server's clock; the name is spelled without "@", "," and "|"
--
-- The key of a lock lives until the last of its leases ends. Anything else in such a key, of whatever type, is none of
-- ours: it counts as nothing and may be replaced.

local LOCK = '^L([c%-])([d%-])|([^|]*)|(%d*)|(.+)$'
local FIRST_HOLDER = '^[^@,|]+@(%d+),?()'
local TOKEN = '^T[%w_%-]+$'
local TOKEN_LENGTH = 25

local function server_time()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Exact up to 14 digits, which milliseconds of the Unix epoch have for thousands of years.
local function milliseconds(number)
  return number .. ''
end

-- More values than this are not handed to a function at once: the server's stack is bounded.
local MOST_AT_ONCE = 500

-- The texts in the keys, false where there is none: a key of a foreign type holds no text. Any error is raised: a lock
-- that may not be read must not be taken for none.
local function read_texts(keys)
  if #keys <= MOST_AT_ONCE then return redis.call('MGET', unpack(keys)) end
  local texts = {}
  for first = 1, #keys, MOST_AT_ONCE do
    local last = math.min(first + MOST_AT_ONCE - 1, #keys)
    for i, text in ipairs(redis.call('MGET', unpack(keys, first, last))) do texts[first + i - 1] = text end
  end
  return texts
end

local function delete(keys)
  for first = 1, #keys, MOST_AT_ONCE do
    redis.call('DEL', unpack(keys, first, math.min(first + MOST_AT_ONCE - 1, #keys)))
  end
end

local function is_token(text)
  return text and #text == TOKEN_LENGTH and text:find(TOKEN) ~= nil
end

-- A lock as it was written, or nil where the text is none. The holders stay one text: a lock may have thousands, and
-- every writer passes here.
local function parse_lock(text)
  if not text or text:sub(1, 1) ~= 'L' then return nil end
  local met, dirty, former, lifetime, holders = text:match(LOCK)
  if not met or not holders:find(FIRST_HOLDER) then return nil end
  if former ~= '' and not (is_token(former) and lifetime ~= '') then return nil end
  return { met = met == 'c', dirty = dirty == 'd', former = former, lifetime = lifetime, holders = holders }
end

-- The former token will not come back.
local function spoil(lock)
  lock.dirty, lock.former, lock.lifetime = true, '', ''
end

-- Removes those at the front whose lease has ended. They did not say how they left the tag, so it counts as changed.
-- Somebody behind a longer lease is found out when that one is gone.
local function drop_ended(lock, now)
  while lock.holders ~= '' do
    local expires, rest = lock.holders:match(FIRST_HOLDER)
    if expires and tonumber(expires) >= now then return end
    spoil(lock)
    lock.holders = rest and lock.holders:sub(rest) or ''
  end
end

-- Removes holder `name`; one whose lease has ended leaves the tag changed. The end of its lease, or nil.
local function leave(lock, name, now)
  local holders = ',' .. lock.holders
  local start, at = holders:find(',' .. name .. '@', 1, true)
  local expires
  if start then
    local stop = holders:find(',', at, true) or #holders + 1
    expires = tonumber(holders:sub(at + 1, stop - 1))
    lock.holders = (holders:sub(1, start - 1) .. holders:sub(stop)):sub(2)
    if expires < now then spoil(lock) end
  end
  drop_ended(lock, now)
  return expires
end

local function lock_text(lock)
  local flags = (lock.met and 'c' or '-') .. (lock.dirty and 'd' or '-')
  return 'L' .. flags .. '|' .. lock.former .. '|' .. lock.lifetime .. '|' .. lock.holders
end

-- The end of the last lease.
local function last_end(lock)
  local last = 0
  for expires in lock.holders:gmatch('@(%d+)') do last = math.max(last, tonumber(expires)) end
  return last
end
