/// The scripts of journals: each part is carried out, or undone, in one step of the server.
enum Scripts {
    /// Puts the rows of a journal's next part in place, and returns how many parts are left.
    ///
    /// KEYS: owner, pending. ARGV: token, journal, prefix. An entry is `+` or `-` and a row's name: `+` renames the staged row,
    /// `-` removes the row unless one is staged for it. Doing a part again changes nothing.
    static let carryOut = """
        if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
          return redis.error_reply('FENCED a later owner has taken the store')
        end
        local state = redis.call('HGET', KEYS[2], ARGV[2])
        if not state then return 0 end
        local number, count, ttl, view = string.match(state, '^(%d+) (%d+) (%d+) (.*)$')
        local own = ARGV[3] .. ':_leftfold:' .. ARGV[2] .. ':'
        local part = own .. number
        local entries = redis.call('LRANGE', part, 0, -1)
        for _, entry in ipairs(entries) do
          local name = string.sub(entry, 2)
          local live = ARGV[3] .. ':' .. name
          local staged = own .. '+' .. name
          if string.byte(entry) == 43 then
            local done = redis.pcall('RENAME', staged, live)
            if not done.err and ttl ~= '0' then redis.call('PEXPIRE', live, ttl) end
          elseif redis.call('EXISTS', staged) == 0 then
            redis.call('UNLINK', live)
          end
        end
        redis.call('UNLINK', part)
        local left = tonumber(count) - tonumber(number) - 1
        if left <= 0 then
          redis.call('HDEL', KEYS[2], ARGV[2])
        else
          redis.call('HSET', KEYS[2], ARGV[2], string.format('%d %s %s %s', tonumber(number) + 1, count, ttl, view))
        end
        return left
        """

    /// Removes one part of a journal that was given up and the rows that it names, and returns how many entries it had.
    ///
    /// ARGV: journal, prefix, number of the part.
    static let discard = """
        local own = ARGV[2] .. ':_leftfold:' .. ARGV[1] .. ':'
        local part = own .. ARGV[3]
        local entries = redis.call('LRANGE', part, 0, -1)
        for _, entry in ipairs(entries) do redis.call('UNLINK', own .. '+' .. string.sub(entry, 2)) end
        redis.call('UNLINK', part)
        return #entries
        """
}
