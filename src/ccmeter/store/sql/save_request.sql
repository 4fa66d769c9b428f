-- An attempt is written once by the client; whoever tells of it first is right.
insert into api_requests (id, session_id, agent_id, time_ms, kind_id, base, keep, tail)
values (?, ?, ?, ?, ?, ?, ?, ?)
on conflict (id) do nothing
