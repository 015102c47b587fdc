-- The action "portcullis" of haproxy.cfg, which sends the forward-auth request to Portcullis and applies the answer. HAProxy's own
-- HTTP client is not used: it can repeat a request by itself, and one that is sent twice counts twice.

-- The address of Portcullis, and the rule.
local host, port, rule = "127.0.0.1", 3000, "app"

-- How many seconds to wait for Portcullis; after that, the request is refused with 503.
local timeout = 3

-- The fields of a request that are sent to Portcullis. No others are.
local forwarded = {
  "accept", "access-control-request-method", "authorization", "cookie", "origin", "sec-fetch-mode", "sec-fetch-site",
  "upgrade", "user-agent", "x-request-id",
}

-- The identity of the caller, which the application receives. An answer has all of these fields, some of them empty.
local identity = {
  "x-portcullis-user", "x-portcullis-session", "x-portcullis-roles", "x-portcullis-scopes", "x-portcullis-acr",
  "x-portcullis-key", "x-portcullis-assertion",
}

-- The fields of a refusal that the client receives.
local explained = {
  "content-type", "location", "www-authenticate", "retry-after", "ratelimit", "ratelimit-policy", "x-request-id",
}

-- The cookies of Portcullis, which applications do not receive.
local tokens = { access_token = true, refresh_token = true, device = true }

-- The values of a field, in their order.
local function values(headers, name)
  local found = {}
  if headers[name] then
    for index = 0, #headers[name] do found[#found + 1] = headers[name][index] end
  end
  return found
end

-- The forward-auth request about a request.
local function forward_auth(txn, headers)
  local lines = {
    "GET /gate/" .. rule .. " HTTP/1.1",
    "Host: " .. host .. ":" .. port,
    "Connection: close",
    "X-Forwarded-Method: " .. txn.sf:method(),
    "X-Forwarded-Proto: " .. (txn.sf:ssl_fc() == 1 and "https" or "http"),
    "X-Forwarded-Host: " .. (values(headers, "host")[1] or ""),
    "X-Forwarded-Uri: " .. txn.sf:pathq(),
    "X-Forwarded-For: " .. txn.sf:src(),
  }
  for _, name in ipairs(forwarded) do
    for _, value in ipairs(values(headers, name)) do lines[#lines + 1] = name .. ": " .. value end
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- The status, the fields and the body of an answer; nil if there is none.
local function answer(socket)
  local status = tonumber(string.match(socket:receive("*l") or "", "^HTTP/1%.1 (%d%d%d)"))
  if not status then return nil end
  local fields = {}
  while true do
    local line = socket:receive("*l")
    if not line then return nil end
    if line == "" then break end
    local name, value = string.match(line, "^([^:]+):%s*(.*)$")
    if name then fields[string.lower(name)] = value end
  end
  local length = tonumber(fields["content-length"]) or 0
  local body = length > 0 and socket:receive(length) or ""
  return status, fields, body or ""
end

local function refuse(txn, status, fields, body)
  local reply = txn:reply()
  reply:set_status(status)
  reply:add_header("cache-control", "no-store")
  for _, name in ipairs(explained) do
    if fields[name] then reply:add_header(name, fields[name]) end
  end
  reply:set_body(body)
  txn:done(reply)
end

-- Removes the tokens of the user, which the application has no use for.
local function remove_tokens(txn, headers)
  txn.http:req_del_header("cookie")
  for _, line in ipairs(values(headers, "cookie")) do
    local kept = {}
    for cookie in string.gmatch(line, "[^;]+") do
      -- The patterns take linear time, because HAProxy aborts when a script does not return for seconds.
      local name = string.gsub(string.match(cookie, "[^%s=]+") or "", "^__Host%-", "")
      if not tokens[name] then kept[#kept + 1] = string.match(cookie, "%S.*") end
    end
    if #kept > 0 then txn.http:req_add_header("cookie", table.concat(kept, "; ")) end
  end
  for _, line in ipairs(values(headers, "authorization")) do
    if string.find(string.lower(line), "bearer", 1, true) then txn.http:req_del_header("authorization") end
  end
end

core.register_action("portcullis", { "http-req" }, function(txn)
  local headers = txn.http:req_get_headers()
  local socket = core.tcp()
  socket:settimeout(timeout)
  local status, fields, body
  if socket:connect(host, port) and socket:send(forward_auth(txn, headers)) then
    status, fields, body = answer(socket)
  end
  socket:close()
  -- An answer without the whole identity does not come from Portcullis.
  local is_yes = status == 200
  for _, name in ipairs(identity) do is_yes = is_yes and fields[name] ~= nil end
  if not is_yes then
    if status and status >= 300 then return refuse(txn, status, fields, body) end
    return refuse(txn, 503, { ["content-type"] = "application/problem+json", ["retry-after"] = "5" },
      '{"type":"about:blank","title":"Service Unavailable","status":503}')
  end
  for _, name in ipairs(identity) do
    if fields[name] == "" then txn.http:req_del_header(name) else txn.http:req_set_header(name, fields[name]) end
  end
  for _, name in ipairs({ "ratelimit", "ratelimit-policy" }) do
    if fields[name] then txn:set_var("txn." .. string.gsub(name, "-", "_"), fields[name]) end
  end
  remove_tokens(txn, headers)
  txn:set_var("txn.portcullis", "passed")
end)
