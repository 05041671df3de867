-- The action `lua.mintmark`: asks `mintmark gateway` about a request by HAProxy's own HTTP client. No further module is needed.

local gateway = os.getenv('MINTMARK_GATEWAY') .. '/haproxy'

-- Headers of one connection, or of the body, which is not sent along.
local left_out = {
  ['connection'] = true, ['content-length'] = true, ['expect'] = true, ['host'] = true, ['keep-alive'] = true,
  ['proxy-authorization'] = true, ['proxy-connection'] = true, ['te'] = true, ['trailer'] = true,
  ['transfer-encoding'] = true, ['upgrade'] = true,
  ['x-original-method'] = true, ['x-original-uri'] = true, ['x-original-host'] = true,
}

-- Headers of the answer that are about the answer itself, not for the API.
local own = {
  ['cache-control'] = true, ['connection'] = true, ['content-length'] = true, ['content-type'] = true, ['date'] = true,
  ['keep-alive'] = true, ['transfer-encoding'] = true,
}

-- Headers of a refusal for the caller.
local for_the_caller = { 'www-authenticate', 'content-type', 'cache-control', 'retry-after', 'mintmark-reference' }

-- HAProxy counts the lines of a header from 0.
local function lines(values)
  local list = {}
  for index = 0, #values do list[#list + 1] = values[index] end
  return list
end

-- The request target as it came. In HTTP/2 HAProxy makes a whole URL of it; in HTTP/1 it is one only where the caller sent one,
-- which is passed on as it is, and refused by the verifier.
local function target(txn)
  if (tonumber(txn.f:req_ver()) or 1) < 2 then return txn.f:url() end
  local path = txn.f:pathq()
  return path ~= nil and path ~= '' and path or '*'
end

local function question(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not left_out[name] then headers[name] = lines(values) end
  end
  headers['x-original-method'] = { txn.f:method() }
  headers['x-original-uri'] = { target(txn) }
  headers['x-original-host'] = { txn.f:req_fhdr('host') }
  return headers
end

local function refuse(txn, answer)
  local reply = txn:reply { status = answer.status, body = answer.body or '' }
  for _, name in ipairs(for_the_caller) do
    for _, value in ipairs(lines((answer.headers or {})[name] or {})) do reply:add_header(name, value) end
  end
  txn:done(reply)
end

local undecided = {
  status = 503,
  body = '{"error":"temporarily_unavailable"}',
  headers = { ['content-type'] = { [0] = 'application/json' }, ['cache-control'] = { [0] = 'no-store' }, ['retry-after'] = { [0] = '5' } },
}

core.register_action('mintmark', { 'http-req' }, function(txn)
  -- In milliseconds, and more than the verifier gives an issuer. HAProxy asks up to four times.
  local asked, answer = pcall(function()
    return core.httpclient():get { url = gateway, headers = question(txn), timeout = 6000 }
  end)
  if not asked or answer == nil then return refuse(txn, undecided) end
  if answer.status == 401 or answer.status == 403 or answer.status == 503 then return refuse(txn, answer) end
  if answer.status ~= 200 then return refuse(txn, undecided) end
  -- Who calls, what the route adds, and the caller's own token or the JWT in its place. A request that is so large that not all
  -- of them fit must not go on without.
  for name, values in pairs(answer.headers) do
    if not own[name] then
      txn.http:req_del_header(name)
      if values[0] ~= '' then
        txn.http:req_add_header(name, values[0])
        if txn.f:req_fhdr(name) ~= values[0] then return refuse(txn, undecided) end
      end
    end
  end
  txn:set_var('txn.mintmark', 'passed')
end)
