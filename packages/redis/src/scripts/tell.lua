-- Telling those who keep tokens in memory that tags were invalidated, in the group's channel.
--
-- The message is a JSON array of keys. It leaves before anything is changed, and in the same call: whoever gets it looks
-- at the keys after the change, and where the server refuses it nothing has changed and the caller is rejected.
--
-- Which keys are told: those without a lock. Somebody may have the token of such a key in memory even if there is none in
-- the key (it was evicted, or its time ended) and whatever else is in it. The key of a lock needs no message: the one who
-- put the lock there told, since the key was without one then, and nobody has read a token from it since. A lock that
-- lapsed or was lost is none any more: the next call tells again. A former token that comes back is one that nothing
-- invalidated: whoever reads it from then on may keep it, and the next lock will be told. So from the moment in which a
-- token is replaced by a lock, or dropped, a message of it is on its way to everybody who got it before.

local function tell(keys, command, channel)
  if #keys == 0 then return end
  local reply = redis.pcall(command, channel, cjson.encode(keys))
  if type(reply) ~= 'table' or not reply.err then return end
  local is_refusal = reply.err:find('^-?NOPERM') or reply.err:find("user executing the script can't", 1, true)
  if not is_refusal then error(reply) end
  error({ err = 'NOPERM evercache may not tell other processes what it invalidates. Grant the user of its connection the '
    .. 'command +' .. command:lower() .. ' and the channels &' .. channel:match('^[^{]*'):gsub(':[^:]*:$', '') .. ':*' })
end
