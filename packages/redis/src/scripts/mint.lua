#!lua
-- Gives each tag that has no token of this epoch a fresh one.
--
-- KEYS  the tags' keys
-- ARGV  epoch, then for each key: the token to give it, the milliseconds that it lives
-- Returns for each key the token that it now holds, or "L" where it is locked.
--
-- Overwrites no lock and no token of this epoch. Not allowed when memory is full: a token is never needed.

--@include lock.lua

local epoch = ARGV[1]
local states = {}
local texts = read_texts(KEYS)
-- A tag may be named twice.
local minted = {}

for i, key in ipairs(KEYS) do
  local token, lifetime = ARGV[2 * i], ARGV[2 * i + 1]
  local text = minted[key] or texts[i]
  if parse_lock(text) then
    states[i] = 'L'
  elseif is_token(text) and text:sub(2, 9) == epoch then
    states[i] = text
  else
    redis.call('SET', key, token, 'PX', lifetime)
    minted[key] = token
    states[i] = token
  end
end

return states
