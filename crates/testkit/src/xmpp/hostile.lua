-- A hostile server: hands every IQ to a device to the test that started it, and delivers what that says instead.
-- It waits for each answer, so nothing overtakes anything. Length, newline, bytes; the number of stanzas before each list.

local socket = require "socket";
local st = require "util.stanza";
local parse = require "util.xml".parse;

local port = module:get_option_number("hostile_port");
local link;

local function connected()
	if not link then
		link = assert(socket.connect("127.0.0.1", port));
		link:settimeout(60);
		link:setoption("tcp-nodelay", true);
	end
	return link;
end

local function exchange(text)
	local to = connected();
	assert(to:send(#text .. "\n" .. text));
	local count = tonumber((assert(to:receive("*l"))));
	local list = {};
	for i = 1, count do
		local length = tonumber((assert(to:receive("*l"))));
		list[i] = length == 0 and "" or assert(to:receive(length));
	end
	return count, list;
end

local function deliver(list)
	for _, text in ipairs(list) do
		local stanza = parse(text);
		local device = stanza and prosody.full_sessions[stanza.attr.to];
		if device then
			stanza.attr.xmlns = nil;
			device.send(stanza);
		end
	end
end

module:hook("iq/full", function (event)
	local copy = st.clone(event.stanza);
	copy.attr.xmlns = "jabber:client";
	local ok, count, list = pcall(exchange, tostring(copy));
	if not ok then
		-- The test is over.
		link = nil;
		return;
	end
	-- As it is.
	if count < 0 then return; end
	deliver(list);
	return true;
end, 1000);

-- And what it says without being asked.
module:add_timer(0.05, function ()
	local ok, _, list = pcall(exchange, "");
	if ok then deliver(list); else link = nil; end
	return 0.05;
end);
